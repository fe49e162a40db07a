package runners

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/internal/store"
)

// WriteDiff renders what differs between two runs of an output folder, step by
// step: what decided the fingerprints, counts and times.
func WriteDiff(ctx context.Context, w io.Writer, out string, before, now RunRecord) error {
	fmt.Fprintf(w, "%s (%s) and %s (%s)\n", before.ID, before.State, now.ID, now.State)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, name := range stepNames(before, now) {
		a, inBefore := before.find(name)
		b, inNow := now.find(name)
		switch {
		case !inNow:
			fmt.Fprintf(table, "  only before\t%s\t\n", name)
		case !inBefore:
			fmt.Fprintf(table, "  only now\t%s\t\n", name)
		case a.Fingerprint == b.Fingerprint:
			fmt.Fprintf(table, "  same\t%s\t%s\n", name, strings.Join(outcomeChange(a, b), "; "))
		default:
			fmt.Fprintf(table, "  differs\t%s\t%s\n", name, strings.Join(append(reasonsBetween(ctx, out, a, b), outcomeChange(a, b)...), "; "))
		}
	}
	return table.Flush()
}

func stepNames(before, now RunRecord) []string {
	var names []string
	for _, r := range []RunRecord{before, now} {
		for _, s := range r.Steps {
			if !slices.Contains(names, s.Step) {
				names = append(names, s.Step)
			}
		}
	}
	return names
}

func (r RunRecord) find(step string) (StepRecord, bool) {
	i := slices.IndexFunc(r.Steps, func(s StepRecord) bool { return s.Step == step })
	if i < 0 {
		return StepRecord{}, false
	}
	return r.Steps[i], true
}

// reasonsBetween reads why two fingerprints differ from the outputs' manifests,
// as far as both are there. A step that was not done has left none: why it was to
// run is what its run told.
func reasonsBetween(ctx context.Context, out string, a, b StepRecord) []string {
	if !a.Made() || !b.Made() {
		return b.Reasons
	}
	dir, err := store.Open(out)
	if err != nil {
		return []string{err.Error()}
	}
	before, err := dataset.Open(ctx, dir.Sub(dags.OutputName(a.Step, a.Fingerprint)).URI())
	if err != nil {
		return []string{"the output before is not there any more"}
	}
	now, err := dataset.Open(ctx, dir.Sub(dags.OutputName(b.Step, b.Fingerprint)).URI())
	if err != nil {
		return []string{"the output now is not there any more"}
	}
	return dags.Differences(before.Manifest, now.Manifest)
}

// Made says whether the step left an output, or has one that was there.
func (s StepRecord) Made() bool {
	return s.State == "done" || s.State == "skipped" || s.State == OutcomeAccepted
}

// outcomeChange tells how state and counts differ, these of steps that left an
// output both times. Times are told of steps that were done both times.
func outcomeChange(a, b StepRecord) []string {
	var out []string
	if a.State != b.State {
		out = append(out, a.State+" → "+b.State)
	}
	if !a.Made() || !b.Made() {
		return out
	}
	names := maps.Clone(a.Counts)
	if names == nil {
		names = map[string]smallcell.Count{}
	}
	maps.Copy(names, b.Counts)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if a.Counts[name] != b.Counts[name] {
			out = append(out, fmt.Sprintf("%s %s → %s", name, a.Counts[name], b.Counts[name]))
		}
	}
	if a.State == "done" && b.State == "done" {
		out = append(out, took(a.Seconds)+" → "+took(b.Seconds))
	}
	return out
}
