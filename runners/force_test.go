package runners

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/clinflow/clinflow/stages"
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
		if err := Execute(t.Context(), stages.Default, parse(t, nil), stop, o); err == nil {
			t.Fatal("did not stop")
		}
		begun := filepath.Join(o.Out, outputOf(t, o.Out, "left"))
		if err := os.Mkdir(begun+".work", 0o700); err != nil {
			t.Fatal(err)
		}
		l := &looking{found: map[string][]string{}}
		if err := Execute(t.Context(), stages.Default, forced(parse(t, nil), force), l, o); err != nil {
			t.Fatal(err)
		}
		want := []string{filepath.Join(begun, ".unfinished"), begun + ".work"}
		if force {
			want = nil
		}
		if !slices.Equal(l.found["left"], want) {
			t.Errorf("force %v: found %v", force, l.found["left"])
		}
	}
}
