package dags

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
)

// Plan says what a run would do.
type Plan struct {
	DAG   *DAG
	Out   string
	Steps []Decision
}

// Plan decides every step. A step whose input is yet to be made has no
// fingerprint: it runs unless that input turns out unchanged.
func (d *DAG) Plan(ctx context.Context, p *Planner) (Plan, error) {
	plan := Plan{DAG: d, Out: p.out.URI()}
	made := map[string]*dataset.Dataset{}
	for _, step := range d.Steps {
		decision, err := p.planOne(ctx, step, made)
		if err != nil {
			return Plan{}, fmt.Errorf("step %s: %w", step.Name, err)
		}
		if decision.Done {
			if made[step.Name], err = dataset.Open(ctx, decision.URI); err != nil {
				return Plan{}, fmt.Errorf("step %s: %w", step.Name, err)
			}
		}
		plan.Steps = append(plan.Steps, decision)
	}
	return plan, nil
}

func (p *Planner) planOne(ctx context.Context, step *Step, made map[string]*dataset.Dataset) (Decision, error) {
	var missing []string
	for _, up := range step.Inputs() {
		if made[up] == nil {
			missing = append(missing, fmt.Sprintf("upstream step %s will run", up))
		}
	}
	switch {
	case len(missing) == 0:
		return p.Decide(ctx, step, step.Bind(made))
	case p.newest(step.Name) == "":
		return Decision{Step: step, Reasons: []string{"never ran"}}, nil
	default:
		return Decision{Step: step, Reasons: missing}, nil
	}
}

// Bind gives a step's ports the outputs of its upstream steps.
func (s *Step) Bind(made map[string]*dataset.Dataset) stages.Inputs {
	in := stages.Inputs{}
	for port, refs := range s.In {
		for _, ref := range refs {
			in[port] = append(in[port], made[ref.Step])
		}
	}
	return in
}

// Pending counts the steps that will run.
func (p Plan) Pending() int {
	n := 0
	for _, d := range p.Steps {
		if !d.Done {
			n++
		}
	}
	return n
}

// Write renders the plan as text.
func (p Plan) Write(w io.Writer) error {
	fmt.Fprintf(w, "%s into %s: %d of %d steps will run\n", Title(p.DAG.Name, p.DAG.File), p.Out, p.Pending(), len(p.Steps))
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, d := range p.Steps {
		state, why := "will run", strings.Join(d.Reasons, "; ")
		if d.Done {
			state, why = "done", "same stage, configuration and inputs"
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\n", state, d.Step.Name, d.Step.Stage.Name, cmp.Or(d.Fingerprint, "not known yet"), why)
	}
	return table.Flush()
}
