package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/schedule"
)

func scheduleAsk(f *dagFlags, kind, short string) *cobra.Command {
	return &cobra.Command{
		Use: kind + " DAG", Short: short, Args: asUsed, ValidArgsFunction: f.scheduled,
		RunE: func(cmd *cobra.Command, args []string) error {
			out, err := store.Open(f.out)
			if err == nil {
				err = schedule.Ask(cmd.Context(), out, kind, args[0])
			}
			if err != nil {
				return err
			}
			return asked(cmd, f, kind+" "+args[0])
		},
	}
}

// asked says that a request is on disk, and who will take it up.
func asked(cmd *cobra.Command, f *dagFlags, what string) error {
	_, o, err := lookAt(cmd, f)
	if err != nil {
		return err
	}
	who := "the scheduler takes it up within seconds"
	if o.Scheduler.Process == 0 {
		who = "no scheduler is at work: the next one takes it up"
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: noted; %s\n", what, who)
	return err
}

// scheduled completes a DAG that is scheduled.
func (f *dagFlags) scheduled(cmd *cobra.Command, args []string, _ string) (names []string, _ cobra.ShellCompDirective) {
	_, o, err := lookAt(cmd, f)
	if err == nil && len(args) == 0 {
		for _, status := range o.DAGs {
			names = append(names, status.DAG)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func scheduleBackfill(f *dagFlags) *cobra.Command {
	var from, to string
	var dryRun bool
	cmd := &cobra.Command{
		Use: "backfill DAG --from TIME --to TIME", Args: asUsed, ValidArgsFunction: f.scheduled,
		Short: "Run the times of a schedule that have no good run, from one day or moment to another",
		RunE: func(cmd *cobra.Command, args []string) error {
			out, o, err := lookAt(cmd, f)
			if err != nil {
				return err
			}
			chosen, err := o.Choose(args[0])
			if err != nil {
				return err
			}
			begin, end, err := chosen[0].Stretch(from, to)
			if err != nil {
				return err
			}
			due, lacking, err := schedule.Lacking(cmd.Context(), out, args[0], begin, end)
			if err != nil {
				return err
			}
			for _, moment := range lacking {
				fmt.Fprintln(cmd.OutOrStdout(), moment.Format(time.RFC3339))
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%d of %d times have no good run\n", len(lacking), len(due))
			if dryRun || len(lacking) == 0 {
				return nil
			}
			return errors.Join(schedule.AskFor(cmd.Context(), out, args[0], lacking), asked(cmd, f, "backfill "+args[0]))
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "the first day, such as 2026-03-01, or moment, such as 2026-03-01T02:30:00Z")
	cmd.Flags().StringVar(&to, "to", "", "the last day or moment, which is among them")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say which times would be run, and ask for nothing")
	return cmd
}
