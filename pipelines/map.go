package pipelines

import (
	"context"
	"errors"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
)

// Map spreads a map stage: one element a part number, all bytes inside the ParDo.
func Map(s beam.Scope, t Task) {
	s = s.Scope(t.Step)
	results := beam.ParDo(s, &mapFn{Task: t}, partNumbers(s, t.Parts))
	commit(s, t, results)
}

// partNumbers is a collection of 0 … parts-1, spread over the workers.
func partNumbers(s beam.Scope, parts int) beam.PCollection {
	numbers := make([]int, parts)
	for i := range numbers {
		numbers[i] = i
	}
	return beam.Reshuffle(s, beam.CreateList(s, numbers))
}

// mapFn computes parts: part number → (commitKey, PartResult as JSON).
type mapFn struct {
	Task  Task
	stage stages.Map
	in    stages.Inputs
	out   *dataset.Writer
	pool  *pool[[]byte]

	broken error // in Setup
}

func (f *mapFn) Setup(ctx context.Context) error {
	var err error
	f.broken, err = prepared(f.Task.place("set up"), func() (err error) {
		if f.stage, f.in, err = open[stages.Map](ctx, f.Task.env(), f.Task); err != nil {
			return err
		}
		f.out, err = f.Task.writer(ctx)
		return err
	})
	return err
}

func (f *mapFn) StartBundle(ctx context.Context, _ func(int, []byte)) error {
	f.pool = newPool[[]byte](ctx, f.Task, f.broken)
	f.Task.counting(ctx)
	return nil
}

func (f *mapFn) ProcessElement(_ context.Context, part int, _ func(int, []byte)) error {
	f.pool.run(f.Task.place("part %d", part), func(ctx context.Context) ([]byte, error) {
		defer f.Task.done(ctx)
		return f.Task.finishPart(ctx, f.out, part, func(out *dataset.PartWriter) error {
			return f.stage.Part(ctx, f.in, part, out)
		})
	})
	return nil
}

func (f *mapFn) FinishBundle(_ context.Context, emit func(int, []byte)) error {
	results, fault, err := f.pool.wait()
	for _, r := range results {
		emit(commitKey, r)
	}
	return errors.Join(err, handOn(fault, emit))
}
