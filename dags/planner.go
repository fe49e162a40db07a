package dags

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
)

// stepsFolder holds the steps' outputs in the output folder.
const stepsFolder = "steps"

// Planner says of each step whether its output is there already, by what lay in
// the output folder when the planner was made.
type Planner struct {
	env     *stages.Environment
	out     store.Dir
	digests *Digests
	outputs map[string]output // by folder name under steps
	marks   map[string]bool   // by file name
}

// output is a step's folder.
type output struct {
	complete bool
	written  time.Time // of the manifest
}

// Decision says whether a step has to run, and why.
type Decision struct {
	Step        *Step
	Identity    Identity
	Fingerprint string // "" while an upstream step is yet to run
	URI         string // of the output, or of the one that was accepted in its place
	State       State
	Reasons     []string // why it has to run
	Changes     []Change // of its fingerprint, that are among the reasons
	Anew        bool     // what lies under the output's name is to be removed first
	Accepted    *Accepted
}

// Output is the name of the output's folder.
func (d Decision) Output() string { return d.Step.Name + "-" + d.Fingerprint }

// OutputName is the name in the output folder of a step's output.
func OutputName(step, fingerprint string) string {
	return path.Join(stepsFolder, step+"-"+fingerprint)
}

// NewPlanner looks at what an output folder holds, for stages of an environment. The
// folder need not exist.
func NewPlanner(ctx context.Context, env *stages.Environment, out store.Dir) (*Planner, error) {
	files, err := out.List(ctx, stepsFolder+"/")
	if err != nil {
		return nil, fmt.Errorf("look at the outputs in %s: %w", out.URI(), err)
	}
	p := &Planner{env: env, out: out, digests: OpenDigests(ctx, out, env.Progress), outputs: map[string]output{}}
	if err := p.readMarks(ctx); err != nil {
		return nil, fmt.Errorf("look at the marks in %s: %w", out.URI(), err)
	}
	for _, f := range files {
		folder, name, _ := strings.Cut(strings.TrimPrefix(f.Name, stepsFolder+"/"), "/")
		o := p.outputs[folder]
		if name == dataset.ManifestName {
			o = output{complete: true, written: f.ModTime}
		}
		p.outputs[folder] = o
	}
	return p, nil
}

// Save keeps the digests of raw files for the next plan.
func (p *Planner) Save(ctx context.Context) error { return p.digests.Save(ctx) }

// Digest is the sha256 of a local file, read once where it does not change: a job may
// ask for what its step's fingerprint was taken of.
func (p *Planner) Digest(ctx context.Context, path string) (string, error) {
	return p.digests.File(ctx, path)
}

// Decide fingerprints a step whose inputs are known and looks for its output.
func (p *Planner) Decide(ctx context.Context, step *Step, in stages.Inputs) (Decision, error) {
	id, err := p.identify(ctx, step, in)
	if err != nil {
		return Decision{}, err
	}
	d := Decision{Step: step, Identity: id, Fingerprint: id.Fingerprint()}
	d.URI = p.out.Sub(OutputName(step.Name, d.Fingerprint)).URI()
	p.look(ctx, &d)
	if step.Given && d.State.Runs() && !p.madeElsewhere(ctx, &d) {
		d.State = StateMissing
	}
	return d, nil
}

// look says what a step's output is, whose name is known.
func (p *Planner) look(ctx context.Context, d *Decision) {
	found, exists := p.outputs[d.Output()]
	if d.Step.Forced {
		d.State, d.Reasons, d.Anew = StateForced, []string{"forced"}, true
		return
	}
	if why := p.forcedSince(ctx, d.Step.Name, d.Output()); why != "" {
		d.State, d.Reasons, d.Anew = StateStale, []string{why}, true
		return
	}
	if d.Accepted = p.accepted(ctx, d.Output()); d.Accepted != nil {
		d.State, d.Reasons = StateAccepted, []string{d.Accepted.String()}
		d.URI = p.out.Sub(path.Join(stepsFolder, d.Accepted.Output)).URI()
		return
	}
	switch {
	case found.complete:
		d.State = StateDone
	case exists:
		d.State, d.Reasons = StateIncomplete, []string{"its output is incomplete: a run ended in the middle of it"}
	default:
		p.compare(ctx, d)
	}
}

// Changed names the input that is no longer what a decision was made on, "" where
// none is.
func (p *Planner) Changed(ctx context.Context, d Decision, in stages.Inputs) (string, error) {
	now, err := p.identify(ctx, d.Step, in)
	for _, name := range slices.Sorted(maps.Keys(d.Identity.Inputs)) {
		if err == nil && now.Inputs[name] != d.Identity.Inputs[name] {
			return name, nil
		}
	}
	return "", err
}
