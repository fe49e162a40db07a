package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/internal/store"
)

func newPlan(s *settings) *cobra.Command {
	var f dagFlags
	cmd := &cobra.Command{
		Use:               "plan DAG [STEP…]",
		Short:             "Say which steps of a DAG would run, or of those chosen and what they need, and why",
		Args:              asUsed,
		ValidArgsFunction: f.dagAndSteps(s),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := f.check(cmd.Context(), s, args, dags.Inspect)
			if err != nil {
				return err
			}
			dir, err := store.Open(f.out)
			if err != nil {
				return err
			}
			planner, err := dags.NewPlanner(cmd.Context(), s.env, dir)
			if err != nil {
				return err
			}
			plan, err := d.Plan(cmd.Context(), planner)
			if err != nil {
				return err
			}
			return plan.Write(cmd.OutOrStdout())
		},
	}
	f.add(cmd)
	f.addChoice(s, cmd)
	return cmd
}

func newLint(s *settings) *cobra.Command {
	var f dagFlags
	var fileAlone bool
	cmd := &cobra.Command{
		Use:               "lint DAG",
		Short:             "Check a DAG file and what it reads, and report all faults at once",
		Args:              asUsed,
		ValidArgsFunction: dagArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			by := dags.Inspect
			if fileAlone {
				by = dags.Load
			}
			d, err := f.check(cmd.Context(), s, args, by)
			var away dags.Away
			if errors.As(err, &away) {
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%v\n%s: %d steps, no other faults; this machine has none of the inputs\n", away, d.File, len(d.Steps))
				return err
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %d steps, no faults\n", d.File, len(d.Steps))
			return nil
		},
	}
	cmd.Flags().StringArrayVar(&f.set, "set", nil, "set a var of the DAG, name=value; may be repeated")
	cmd.Flags().BoolVar(&fileAlone, "no-inputs", false, "check the file alone, on a machine without the data")
	return cmd
}
