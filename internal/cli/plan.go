package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dags/picture"
	"github.com/clinflow/clinflow/internal/store"
)

// planForm is a form in which a plan is printed in place of the text.
type planForm struct {
	flag, usage string
	write       func(io.Writer, dags.Plan) error
}

var planForms = []planForm{
	{"json", "print the plan for programs, in the shape that docs/staleness.md tells", func(w io.Writer, p dags.Plan) error { return p.WriteJSON(w) }},
	{"dot", "print the plan as a graph for Graphviz", func(w io.Writer, p dags.Plan) error {
		graph, detail := picture.OfPlan(p)
		return graph.DOT(w, p.DAG.Name, detail)
	}},
	{"svg", "print the plan as a picture", func(w io.Writer, p dags.Plan) error {
		graph, detail := picture.OfPlan(p)
		svg, err := graph.Document("the plan of "+dags.Title(p.DAG.Name, p.DAG.File), detail)
		if err == nil {
			_, err = io.WriteString(w, svg)
		}
		return err
	}},
}

func newPlan(s *settings) *cobra.Command {
	var f dagFlags
	cmd := &cobra.Command{
		Use:               "plan DAG [STEP…]",
		Short:             "Say which steps of a DAG would run, or of those chosen and what they need, and why",
		Long:              "Say which steps of a DAG would run, or of those chosen and what they need, and why.\nNothing is run or written. A group that the file writes once is one node of a picture, in the state of its worst step.",
		Args:              asUsed,
		ValidArgsFunction: f.dagAndSteps(s),
		RunE: func(cmd *cobra.Command, args []string) error {
			plan, err := s.plan(cmd.Context(), &f, args)
			if err != nil {
				return err
			}
			for _, form := range planForms {
				if cmd.Flags().Changed(form.flag) {
					return form.write(cmd.OutOrStdout(), plan)
				}
			}
			return plan.Write(cmd.OutOrStdout())
		},
	}
	f.add(cmd)
	f.addChoice(s, cmd)
	var flags []string
	for _, form := range planForms {
		cmd.Flags().Bool(form.flag, false, form.usage)
		flags = append(flags, form.flag)
	}
	cmd.MarkFlagsMutuallyExclusive(flags...)
	return cmd
}

// plan decides the steps that are chosen, of what lies in the output folder.
func (s *settings) plan(ctx context.Context, f *dagFlags, args []string) (dags.Plan, error) {
	d, err := f.check(ctx, s, args, dags.Inspect)
	if err != nil {
		return dags.Plan{}, err
	}
	dir, err := store.Open(f.out)
	if err != nil {
		return dags.Plan{}, err
	}
	planner, err := dags.NewPlanner(ctx, s.env, dir)
	if err != nil {
		return dags.Plan{}, err
	}
	return d.Plan(ctx, planner)
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
