package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/internal/store"
)

func newPlan() *cobra.Command {
	var f dagFlags
	cmd := &cobra.Command{
		Use:               "plan DAG",
		Short:             "Say which steps of a DAG would run, and why",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: dagArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := f.load(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			dir, err := store.Open(f.out)
			if err != nil {
				return err
			}
			planner, err := dags.NewPlanner(cmd.Context(), dir)
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
	return cmd
}

func newLint() *cobra.Command {
	var f dagFlags
	cmd := &cobra.Command{
		Use:               "lint DAG",
		Short:             "Check a DAG file and report all its faults at once",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: dagArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := f.load(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %d steps, no faults\n", d.File, len(d.Steps))
			return nil
		},
	}
	cmd.Flags().StringArrayVar(&f.set, "set", nil, "set a var of the DAG, name=value; may be repeated")
	return cmd
}
