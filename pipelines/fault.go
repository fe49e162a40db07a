package pipelines

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/guard"
	"github.com/clinflow/clinflow/internal/store"
)

// fault is a failure that another attempt would not mend: bad data, a truncated file, a
// wrong configuration, a bug, or the end of the run that wants it. An engine tries again
// whatever fails, so that a fault is handed on as if it were a result, to the last step
// of the pipeline, which writes it down in place of the manifest; the client reads it
// there.
type fault struct {
	Code exit.Code `json:"code"`
	Text string    `json:"text"`
}

// faultName is the fault in the folder of an unfinished dataset.
const faultName = ".fault.json"

// faultOf is the error as a fault; nil where another attempt may end well.
func faultOf(err error) *fault {
	var bug *guard.Panic
	if code := exit.Of(err); code == exit.BadData || code == exit.Usage || code == exit.Interrupted || errors.As(err, &bug) {
		return &fault{code, err.Error()}
	}
	return nil
}

// first is the one of several faults that is told, whatever order they came in.
func first(faults []fault) *fault {
	f := slices.MinFunc(faults, func(a, b fault) int { return cmp.Compare(a.Text, b.Text) })
	return &f
}

// ends does the last work of a pipeline. A fault of it is written down, and is an end too.
func (t Task) ends(ctx context.Context, place string, work func() error) error {
	err := guarded(t.place("%s", place), func() error {
		if err := t.begins(ctx, place); err != nil {
			return err
		}
		return work()
	})
	if exit.Of(err) == exit.Interrupted {
		return nil // nobody waits for it, and another run may be at work here
	}
	if f := faultOf(err); f != nil {
		return t.record(ctx, f)
	}
	return exit.Seal(err)
}

func (t Task) record(ctx context.Context, f *fault) error {
	dir, err := store.Open(t.Out)
	if err != nil {
		return err
	}
	text, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return exit.Seal(store.WriteSealed(ctx, dir, faultName, text))
}

// whole says whether the task's output is complete.
func (t Task) whole(ctx context.Context) (bool, error) {
	dir, err := store.Open(t.Out)
	if err != nil {
		return false, err
	}
	return store.Exists(ctx, dir, dataset.ManifestName)
}

// outcome is what a job left of the task, which has ended or failed: a dataset, or a
// fault, or else the job's failure.
func (t Task) outcome(ctx context.Context, failure error) error {
	if whole, err := t.whole(ctx); whole || err != nil {
		return err
	}
	dir, err := store.Open(t.Out)
	if err != nil {
		return err
	}
	text, err := store.ReadSealed(ctx, dir, faultName)
	if errors.Is(err, fs.ErrNotExist) && failure == nil {
		return exit.Errorf(exit.Failed, "the job has ended and left no output in %s", t.Out)
	}
	if err != nil {
		return cmp.Or(failure, err)
	}
	var f fault
	if err := json.Unmarshal(text, &f); err != nil {
		return fmt.Errorf("read %s in %s: %w", faultName, t.Out, err)
	}
	return exit.With(f.Code, errors.Join(errors.New(f.Text), dir.RemoveAll(ctx, faultName)))
}
