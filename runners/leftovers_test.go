package runners

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// looking is a StepRunner that notes what lies in each step's folder, and beside
// it, before the step runs.
type looking struct {
	fake
	found map[string][]string // by step
}

func (l *looking) Run(ctx context.Context, job Job) error {
	for _, pattern := range []string{job.Out + "/.*", job.Out + ".*"} {
		left, err := filepath.Glob(pattern)
		if err != nil {
			return err
		}
		l.found[job.Step] = append(l.found[job.Step], left...)
	}
	return l.fake.Run(ctx, job)
}

// What a killed run finished of an output is for the next run to go on from, but
// not for one that was told to make everything again.
func TestForceTrustsNothingOfAKilledRun(t *testing.T) {
	for _, force := range []bool{false, true} {
		o := Options{Out: t.TempDir(), Workers: 1}
		stop := &fake{before: map[string]func(context.Context) error{"left": func(context.Context) error { return errors.New("stop") }}}
		if err := Execute(t.Context(), parse(t, nil), stop, o); err == nil {
			t.Fatal("did not stop")
		}
		begun, err := filepath.Glob(filepath.Join(o.Out, "steps", "left-*"))
		if err != nil || len(begun) != 1 {
			t.Fatal(begun, err)
		}
		if err := os.Mkdir(begun[0]+".work", 0o700); err != nil {
			t.Fatal(err)
		}
		o.Force = force
		l := &looking{found: map[string][]string{}}
		if err := Execute(t.Context(), parse(t, nil), l, o); err != nil {
			t.Fatal(err)
		}
		want := []string{filepath.Join(begun[0], ".unfinished"), begun[0] + ".work"}
		if force {
			want = nil
		}
		if !slices.Equal(l.found["left"], want) {
			t.Errorf("force %v: found %v", force, l.found["left"])
		}
	}
}

// A kill may fall between the writing of a manifest and the end of its Commit.
func TestACommitCutShortIsTidied(t *testing.T) {
	o := Options{Out: t.TempDir(), Workers: 1}
	run := func() {
		t.Helper()
		if err := Execute(t.Context(), parse(t, nil), &fake{}, o); err != nil {
			t.Fatal(err)
		}
	}
	run()
	outputs, err := filepath.Glob(filepath.Join(o.Out, "steps", "left-*"))
	if err != nil || len(outputs) != 1 {
		t.Fatal(outputs, err)
	}
	whole := files(t, outputs[0])
	record := filepath.Join(outputs[0], ".finished", "part-00000-of-00001.json")
	if err := os.Mkdir(filepath.Dir(record), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, left := range []string{record, filepath.Join(outputs[0], ".unfinished")} {
		if err := os.WriteFile(left, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run()
	if got := files(t, outputs[0]); len(got) != len(whole) {
		t.Errorf("%d files are left, want %d", len(got), len(whole))
	}
}
