package runners

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
)

// longJob is a training that keeps checkpoints beside its output. At its end it
// closes ended and waits for the run to be over.
type longJob struct{ ended chan struct{} }

func (j longJob) Run(ctx context.Context, _ stages.Inputs, out *dataset.Writer) error {
	work := out.URI() + ".work"
	out.AfterCommit(func(context.Context) error { return os.RemoveAll(work) })
	if err := os.MkdirAll(work, 0o700); err != nil {
		return err
	}
	if err := out.WriteFile("adapter", []byte("days of work")); err != nil {
		return err
	}
	close(j.ended)
	<-ctx.Done()
	return nil
}

// failingJob fails once the other has ended.
type failingJob struct{ ended chan struct{} }

func (j failingJob) Run(context.Context, stages.Inputs, *dataset.Writer) error {
	<-j.ended
	return exit.Errorf(exit.BadData, "another step's failure")
}

// A job that has ended is committed though its run was interrupted meanwhile, by
// Ctrl-C or by another step's failure.
func TestAFinishedJobIsCommittedWhateverHappensToTheRun(t *testing.T) {
	var ended chan struct{}
	job := func(name string, build func() stages.Job) {
		stages.RegisterJob(stages.Spec{Name: name, Version: 1, Doc: "x.", Out: stages.Output{Kind: stages.KindAdapter}},
			func(_ *stages.Environment, _ struct{}) (stages.Job, error) { return build(), nil })
	}
	job("fake.long", func() stages.Job { return longJob{ended} })
	job("fake.fails", func() stages.Job { return failingJob{ended} })
	for name, c := range map[string]struct {
		steps string
		code  exit.Code
	}{
		"Ctrl-C":                 {"steps:\n  long: {stage: fake.long}\n", exit.OK},
		"another step's failure": {"steps:\n  long: {stage: fake.long}\n  fails: {stage: fake.fails}\n", exit.BadData},
	} {
		t.Run(name, func(t *testing.T) {
			ended = make(chan struct{})
			d, err := dags.Parse(stages.Default, "long.yaml", []byte("name: long\n"+c.steps), nil)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if c.code == exit.OK {
				go func() { <-ended; cancel() }()
			}
			out := t.TempDir()
			err = Execute(ctx, stages.Default, d, Beam{Runner: "direct"}, Options{Out: out, Workers: 2})
			if c.code != exit.OK && exit.Of(err) != c.code || errors.Is(err, context.Canceled) && c.code == exit.OK {
				t.Errorf("exit code %d, want %d: %v", exit.Of(err), c.code, err)
			}
			long, err := filepath.Glob(filepath.Join(out, "steps", "long-*"))
			if err != nil || len(long) != 1 {
				t.Fatalf("the job left %v, %v", long, err)
			}
			dataset, err := dataset.Open(t.Context(), long[0])
			if err != nil {
				t.Fatal(err)
			}
			if err := dataset.Verify(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}
