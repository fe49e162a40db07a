package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/runners"
)

func newRuns() *cobra.Command {
	var out string
	cmd := &cobra.Command{Use: "runs", Short: "List, show, follow and compare the runs of an output folder", Args: noSuchCommand, RunE: help}
	cmd.PersistentFlags().StringVar(&out, "out", "clinflow-out", "output folder of the runs")
	cmd.AddCommand(
		&cobra.Command{
			Use: "list", Short: "The runs, newest first", Args: asUsed,
			RunE: func(cmd *cobra.Command, _ []string) error {
				runs, err := runners.ListRuns(cmd.Context(), out)
				if err != nil {
					return err
				}
				return errors.Join(runners.WriteRuns(cmd.OutOrStdout(), runs), runners.Broken(runs))
			},
		},
		&cobra.Command{
			Use: "show [RUN]", Short: "The steps of a run, the newest by default", Args: asUsed,
			ValidArgsFunction: runArgument(&out, 1),
			RunE: func(cmd *cobra.Command, args []string) error {
				run, err := runners.FindRun(cmd.Context(), out, chosenRun(args))
				if err != nil {
					return err
				}
				return run.Write(cmd.OutOrStdout())
			},
		},
		&cobra.Command{
			Use: "tail [RUN]", Short: "Follow a run, the newest by default: a line an event, until it ends", Args: asUsed,
			ValidArgsFunction: runArgument(&out, 1),
			RunE: func(cmd *cobra.Command, args []string) error {
				teller := runners.Teller{W: cmd.OutOrStdout()}
				err := runners.Follow(cmd.Context(), out, chosenRun(args), teller.Tell)
				if cmd.Context().Err() != nil {
					return errors.New("interrupted; the run itself is left as it is")
				}
				return err
			},
		},
		&cobra.Command{
			Use: "diff RUN RUN", Short: "What differs between two runs, and why", Args: asUsed,
			ValidArgsFunction: runArgument(&out, 2),
			RunE: func(cmd *cobra.Command, args []string) error {
				before, err := runners.FindRun(cmd.Context(), out, args[0])
				if err != nil {
					return err
				}
				now, err := runners.FindRun(cmd.Context(), out, args[1])
				if err != nil {
					return err
				}
				return runners.WriteDiff(cmd.Context(), cmd.OutOrStdout(), out, before, now)
			},
		},
	)
	return cmd
}

// chosenRun is the run that is named, or the newest.
func chosenRun(args []string) string {
	if len(args) == 0 {
		return "last"
	}
	return args[0]
}
