package dags

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
)

// cutShort is a folder in which only so many files are written: what a killed run leaves.
type cutShort struct {
	store.Dir
	left *int
}

func (c cutShort) Create(ctx context.Context, name string) (store.File, error) {
	if *c.left--; *c.left < 0 {
		return nil, errors.New("killed")
	}
	return c.Dir.Create(ctx, name)
}

// choose is the DAG of the bench with a choice.
func (b *bench) choose(want Choice) *DAG {
	b.t.Helper()
	c := parse(stages.Default, "planned.yaml", []byte(strings.ReplaceAll(planned, "ROOT", b.root)), b.set)
	c.choose(want)
	d, err := c.result()
	if err != nil {
		b.t.Fatal(err)
	}
	return d
}

// states are those of a plan, in order.
func states(p Plan) string {
	var all []string
	for _, d := range p.Steps {
		all = append(all, string(d.State))
	}
	return strings.Join(all, " ")
}

// TestMarkingIsCutShort at every file: where the forced step is known to be forced, all
// that comes after it is known to be stale, and what comes before never is.
func TestMarkingIsCutShort(t *testing.T) {
	b := newBench(t)
	b.run(byFingerprint)
	var seen []string
	for n := range 5 {
		if err := os.RemoveAll(filepath.Join(b.root, "out", "runs")); err != nil {
			t.Fatal(err)
		}
		left := n
		p, err := NewPlanner(t.Context(), stages.Default, cutShort{b.out, &left})
		if err != nil {
			t.Fatal(err)
		}
		d := b.choose(Choice{Steps: []string{"examples"}, Force: []string{"examples"}})
		if err := p.MarkForced(t.Context(), d, "run"); (err == nil) != (n >= 3) {
			t.Errorf("after %d files: %v", n, err)
		}
		seen = append(seen, states(b.plan()))
	}
	want := []string{
		"done done done done",
		"done done done stale",
		"done done stale stale",
		"done stale stale stale",
		"done stale stale stale",
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Error(diff)
	}
}

// TestWhatAStepIsAfterMakesNothingStale: a gate is no part of what comes after it.
func TestWhatAStepIsAfterMakesNothingStale(t *testing.T) {
	c := parse(stages.Default, "kite.yaml", []byte(kite), nil)
	c.choose(Choice{Force: []string{"examples", "left"}})
	d, err := c.result()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{"patients": nil, "tokens": nil, "right": nil, "alone": nil, "examples": {"examples"}, "left": {"left"}, "end": {"left"}}
	if diff := cmp.Diff(want, d.afterForced()); diff != "" {
		t.Error(diff)
	}
}

// TestAMarkIsNoMoreThanItSays: of outputs that are gone, changed or marked by nobody's
// hand.
func TestAMarkIsNoMoreThanItSays(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(b *bench, p *Planner, d Decision, a *Accepted)
		want   string
	}{
		{"as it was accepted", func(*bench, *Planner, Decision, *Accepted) {}, "done accepted done done"},
		{"another manifest", func(_ *bench, _ *Planner, _ Decision, a *Accepted) { a.Manifest = strings.Repeat("0", 64) }, "done stale waiting waiting"},
		{"no such output", func(_ *bench, _ *Planner, _ Decision, a *Accepted) { a.Output = "examples-0123456789abcdef" }, "done stale waiting waiting"},
	} {
		b := newBench(t)
		b.run(byFingerprint)
		b.set = map[string]string{"seed": "8"}
		p, err := NewPlanner(t.Context(), stages.Default, b.out)
		if err != nil {
			t.Fatal(err)
		}
		d := b.plan().Steps[1]
		a, err := p.Acceptable(t.Context(), d)
		if err != nil {
			t.Fatal(c.name, err)
		}
		c.change(b, p, d, &a)
		if err := p.Accept(t.Context(), d, a); err != nil {
			t.Fatal(err)
		}
		if got := states(b.plan()); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if err := os.WriteFile(filepath.Join(b.root, "out", markName(acceptedMark, d.Output())), []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := states(b.plan()); got != "done stale waiting waiting" {
			t.Errorf("%s, damaged: %s", c.name, got)
		}
	}
}

// TestWorstState: a state is worse than those before it, in whatever order they come.
func TestWorstState(t *testing.T) {
	if WorstState() != StateDone {
		t.Error("of none it is not done")
	}
	for i, a := range worst {
		for j, b := range worst {
			if got := WorstState(a, b); got != worst[max(i, j)] {
				t.Errorf("the worst of %s and %s is %s", a, b, got)
			}
		}
	}
	running := slices.DeleteFunc(slices.Clone(worst), func(s State) bool { return !s.Runs() })
	if fmt.Sprint(running) != "[waiting new incomplete stale forced]" {
		t.Errorf("%v run", running)
	}
}
