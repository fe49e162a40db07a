package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/internal/version"
	"github.com/clinflow/clinflow/runners"
)

func newAccept(s *settings) *cobra.Command {
	var f dagFlags
	cmd := &cobra.Command{
		Use:   "accept DAG STEP…",
		Short: "Take the outputs of steps as current without running them, where you know that what changed does not matter",
		Long: "Take the newest output of each step as that of the step as it is now, without running it.\n" +
			"It is written to the journal, with what would have made the step run, and plan and runs say so.\n" +
			"It holds until something else changes. What was accepted stays as it was made: its manifest has the old settings.\n" +
			"A step can be accepted when all that it needs is there or is accepted with it.",
		Args:              asUsed,
		ValidArgsFunction: f.dagAndSteps(s),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := f.check(cmd.Context(), s, args, dags.Inspect)
			if err != nil {
				return err
			}
			_, revision := version.Of()
			all, err := runners.Accept(cmd.Context(), s.env, d, args[1:], runners.Options{Out: f.out, Revision: revision, Notify: s.announce})
			if err != nil {
				return err
			}
			for _, a := range all {
				fmt.Fprintln(cmd.OutOrStdout(), acceptance(a))
			}
			return nil
		},
	}
	f.add(cmd)
	return cmd
}

// acceptance is what became of a step, in a line.
func acceptance(a runners.Acceptance) string {
	name := a.Decision.Step.Name
	if a.Accepted.Output == "" {
		return name + ": is current already; nothing to accept"
	}
	return fmt.Sprintf("%s: accepted %s (%s)", name, a.Accepted.Output, strings.Join(a.Accepted.Reasons, "; "))
}
