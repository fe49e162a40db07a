package dags

import (
	"encoding/json"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// planShape is the version of what PlanRecord has. A new field leaves it as it is.
const planShape = 1

// PlanRecord is a plan for programs. docs/staleness.md says what its fields are.
type PlanRecord struct {
	Shape   int           `json:"shape"`
	DAG     string        `json:"dag"`
	File    string        `json:"file"`
	Out     string        `json:"out"`
	State   State         `json:"state"`    // the worst of its steps
	Chosen  int           `json:"chosen"`   // steps, those that must be there already left out
	WillRun int           `json:"will_run"` // of these
	Missing int           `json:"missing"`  // steps that must be there and are not: the run would fail
	Steps   []StepRecord  `json:"steps"`    // each after those that it needs
	Groups  []GroupRecord `json:"groups"`
}

// StepRecord is what a plan says of a step.
type StepRecord struct {
	Step        string   `json:"step"`
	Group       string   `json:"group,omitempty"` // as the file writes its steps' names, "" of a step that is in none
	Stage       string   `json:"stage"`
	State       State    `json:"state"`
	Runs        bool     `json:"runs"`
	Given       bool     `json:"given"`                 // must be there already: --only
	Fingerprint string   `json:"fingerprint,omitempty"` // "" while an input is yet to be made
	Output      string   `json:"output,omitempty"`      // in the output folder
	Inputs      []string `json:"inputs"`                // steps that it takes its inputs from
	After       []string `json:"after"`                 // steps that must be done first though nothing of them is read
	Why         []string `json:"why"`                   // it runs, or is missing
	Changes     []Change `json:"changes"`               // of its fingerprint, each of which is a line of Why
	// Accepted is what a person took as current, in whose place Output stands.
	Accepted *Accepted `json:"accepted,omitempty"`
}

// GroupRecord is what a plan says of the steps that a file writes once.
type GroupRecord struct {
	Group string   `json:"group"`
	Steps []string `json:"steps"`
	State State    `json:"state"` // the worst of its steps
	// States counts the steps by state.
	States map[State]int `json:"states"`
}

// Record is the plan for programs.
func (p Plan) Record() PlanRecord {
	r := PlanRecord{
		Shape: planShape, DAG: p.DAG.Name, File: p.DAG.File, Out: p.Out, State: StateDone,
		Chosen: p.Chosen(), WillRun: p.Pending(), Missing: p.Missing(), Steps: []StepRecord{}, Groups: []GroupRecord{},
	}
	for _, d := range p.Steps {
		step := d.record()
		step.Group = p.DAG.Group(d.Step)
		r.Steps = append(r.Steps, step)
		r.State = WorstState(r.State, d.State)
		if step.Group != "" {
			r.group(step)
		}
	}
	return r
}

// group counts a step in its group.
func (r *PlanRecord) group(s StepRecord) {
	i := slices.IndexFunc(r.Groups, func(g GroupRecord) bool { return g.Group == s.Group })
	if i < 0 {
		i = len(r.Groups)
		r.Groups = append(r.Groups, GroupRecord{Group: s.Group, State: StateDone, States: map[State]int{}})
	}
	g := &r.Groups[i]
	g.Steps, g.State = append(g.Steps, s.Step), WorstState(g.State, s.State)
	g.States[s.State]++
}

func (d Decision) record() StepRecord {
	s := StepRecord{
		Step: d.Step.Name, Stage: d.Step.Stage.Name, State: d.State, Runs: d.State.Runs(), Given: d.Step.Given, Fingerprint: d.Fingerprint,
		Inputs: orEmpty(d.Step.Inputs()), After: orEmpty(d.Step.After), Why: orEmpty(d.Reasons), Changes: orEmpty(d.Changes), Accepted: d.Accepted,
	}
	if d.URI != "" {
		s.Output = path.Join(stepsFolder, path.Base(d.URI))
	}
	return s
}

// orEmpty is a list that JSON has as [], not null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// WriteJSON writes the plan for programs.
func (p Plan) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(p.Record())
}

// Group is the name of the group that a step of the DAG is in, as the file writes it; "" of
// a step that is in none.
func (d *DAG) Group(step *Step) string {
	other := func(s *Step) bool { return s.Written == step.Written && s.Name != step.Name }
	if !slices.ContainsFunc(d.Steps, other) {
		return ""
	}
	return step.Written
}

// Tally tells how many of some steps are in which state, the worst first: "2 stale, 3
// done". Of one step it is the state.
func Tally(states map[State]int) string {
	var parts []string
	total := 0
	for _, state := range slices.Backward(worst) {
		if n := states[state]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, state))
			total += n
		}
	}
	if total == 1 {
		return strings.TrimPrefix(parts[0], "1 ")
	}
	return strings.Join(parts, ", ")
}
