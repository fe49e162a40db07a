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
	return d.PlanWith(ctx, p, func(*Decision) error { return nil })
}

// PlanWith is Plan with a word in each decision, before the steps that need it are decided.
func (d *DAG) PlanWith(ctx context.Context, p *Planner, say func(*Decision) error) (Plan, error) {
	plan := Plan{DAG: d, Out: p.out.URI()}
	after := d.afterForced()
	made := map[string]*dataset.Dataset{}
	for _, step := range d.Steps {
		decision, err := p.planOne(ctx, step, plan.states(), made)
		if err != nil {
			return Plan{}, fmt.Errorf("step %s: %w", step.Name, err)
		}
		if since := after[step.Name]; decision.State == StateWaiting && len(since) > 0 {
			decision.State, decision.Reasons = StateStale, []string{upstream(since, "is forced", "are forced")}
		}
		if err := say(&decision); err != nil {
			return Plan{}, fmt.Errorf("step %s: %w", step.Name, err)
		}
		if decision.State.There() {
			if made[step.Name], err = dataset.Open(ctx, decision.URI); err != nil {
				return Plan{}, fmt.Errorf("step %s: %w", step.Name, err)
			}
		}
		plan.Steps = append(plan.Steps, decision)
	}
	return plan, nil
}

func (p *Planner) planOne(ctx context.Context, step *Step, before map[string]State, made map[string]*dataset.Dataset) (Decision, error) {
	var missing []string
	for _, up := range step.Inputs() {
		if before[up].Runs() {
			missing = append(missing, fmt.Sprintf("upstream step %s will run", up))
		} else if before[up] == StateMissing {
			missing = append(missing, fmt.Sprintf("upstream step %s is not there", up))
		}
	}
	if len(missing) > 0 {
		return p.wait(ctx, step, missing)
	}
	return p.Decide(ctx, step, step.Bind(made))
}

// states are those of the steps that are decided.
func (p Plan) states() map[string]State {
	all := map[string]State{}
	for _, d := range p.Steps {
		all[d.Step.Name] = d.State
	}
	return all
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
	return p.count(func(d Decision) bool { return d.State.Runs() })
}

// Chosen counts the steps that the run has, those that must be there already left out.
func (p Plan) Chosen() int {
	return p.count(func(d Decision) bool { return !d.Step.Given })
}

// Missing counts the steps that must be there and are not: the run would fail.
func (p Plan) Missing() int {
	return p.count(func(d Decision) bool { return d.State == StateMissing })
}

func (p Plan) count(counts func(Decision) bool) (n int) {
	for _, d := range p.Steps {
		if counts(d) {
			n++
		}
	}
	return n
}

// Write renders the plan as text.
func (p Plan) Write(w io.Writer) error {
	fmt.Fprintf(w, "%s into %s: %d of %d steps will run\n", Title(p.DAG.Name, p.DAG.File), p.Out, p.Pending(), p.Chosen())
	if n := p.Missing(); n > 0 {
		fmt.Fprintf(w, "the run would fail: it needs %d steps that --only leaves out and that are not there\n", n)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, d := range p.Steps {
		why := strings.Join(d.Reasons, "; ")
		if d.State == StateDone {
			why = "same stage, configuration and inputs"
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\n", d.State.inWords(), d.Step.Name, d.Step.Stage.Name, cmp.Or(d.Fingerprint, "not known yet"), why)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return p.writeGroups(w)
}

// writeGroups tells how the steps are that the file writes once, in the state of the worst
// of them.
func (p Plan) writeGroups(w io.Writer) error {
	groups := p.Record().Groups
	if len(groups) == 0 {
		return nil
	}
	fmt.Fprintln(w, "groups, each in the state of its worst step:")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, g := range groups {
		fmt.Fprintf(table, "  %s\t%s\t%s\n", g.State, g.Group, Tally(g.States))
	}
	return table.Flush()
}
