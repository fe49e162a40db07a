package dags

import (
	"context"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
)

// compare says what differs from the step's newest earlier output.
func (p *Planner) compare(ctx context.Context, d *Decision) {
	earlier := p.newest(d.Step.Name)
	if earlier == "" {
		d.State, d.Reasons = StateNew, []string{"never ran"}
		return
	}
	d.State = StateStale
	found, err := p.open(ctx, earlier)
	if err != nil {
		d.Reasons = []string{"its earlier output cannot be read by this version"}
		return
	}
	d.Changes = differences(identityOf(found.Manifest), d.Identity)
	d.Reasons = tell(d.Changes)
}

// wait decides a step of which an input is yet to be made, which unmade says: it is stale
// where what is its own changed too.
func (p *Planner) wait(ctx context.Context, step *Step, unmade []string) (Decision, error) {
	d := Decision{Step: step, State: StateWaiting, Reasons: unmade}
	earlier := p.newest(step.Name)
	switch {
	case step.Given:
		d.State = StateMissing
		return d, nil
	case step.Forced:
		d.State, d.Reasons = StateForced, append([]string{"forced"}, unmade...)
		return d, nil
	case earlier == "":
		d.State, d.Reasons = StateNew, []string{"never ran"}
		return d, nil
	}
	found, err := p.open(ctx, earlier)
	if err != nil {
		d.State, d.Reasons = StateStale, []string{"its earlier output cannot be read by this version"}
		return d, nil
	}
	now, err := p.ownIdentity(ctx, step)
	if err != nil {
		return d, err
	}
	before := identityOf(found.Manifest)
	before.Inputs = maps.Clone(before.Inputs)
	maps.DeleteFunc(before.Inputs, func(key, _ string) bool { return !strings.HasPrefix(key, "with.") })
	if d.Changes = differences(before, now); len(d.Changes) > 0 {
		d.State, d.Reasons = StateStale, append(tell(d.Changes), unmade...)
	} else if why := p.forcedSince(ctx, step.Name, earlier); why != "" {
		d.State, d.Reasons = StateStale, append([]string{why}, unmade...)
	}
	return d, nil
}

// ownIdentity is what a step's identity has but for what it takes from other steps.
func (p *Planner) ownIdentity(ctx context.Context, step *Step) (Identity, error) {
	built, id, err := p.settings(step)
	if _, source := built.(stages.Source); source || err != nil {
		return id, err
	}
	return id, p.pathDigests(ctx, step, id.Inputs)
}

// open opens a complete output by its folder's name.
func (p *Planner) open(ctx context.Context, folder string) (*dataset.Dataset, error) {
	return dataset.Open(ctx, p.out.Sub(path.Join(stepsFolder, folder)).URI())
}

var fingerprinted = regexp.MustCompile(`^(.+)-[0-9a-f]{16}$`)

// newest is the folder of a step's latest complete output, "" where it has none.
func (p *Planner) newest(step string) string {
	newest, at := "", time.Time{}
	for _, folder := range slices.Sorted(maps.Keys(p.outputs)) {
		o := p.outputs[folder]
		m := fingerprinted.FindStringSubmatch(folder)
		if m != nil && m[1] == step && o.complete && o.written.After(at) {
			newest, at = folder, o.written
		}
	}
	return newest
}
