package pipelines

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/clinflow/clinflow/internal/shard"
	"github.com/clinflow/clinflow/stages"
)

func init() {
	register.DoFn2x0[[]byte, func(int, []byte)](&everyPartFn{})
}

// everyPartFn names every part, so that one without rows is written too.
type everyPartFn struct{ Parts int }

func (f *everyPartFn) ProcessElement(_ []byte, emit func(int, []byte)) {
	for part := range f.Parts {
		emit(part, nil)
	}
}

// mergeFn merges the runs of a part: (part, Runs) → (commitKey, PartResult).
type mergeFn struct {
	Task  Task
	stage stages.Source
	out   *shard.Writer
	pool  *pool[[]byte]
	meter *meter
}

func (f *mergeFn) Setup(ctx context.Context) error {
	return sealed(f.Task.place("set up"), func() (err error) {
		if f.stage, _, err = open[stages.Source](ctx, f.Task); err != nil {
			return err
		}
		f.out, err = f.Task.writer(ctx)
		return err
	})
}

func (f *mergeFn) StartBundle(ctx context.Context, _ func(int, []byte)) error {
	f.pool = newPool[[]byte](ctx, f.Task.Workers)
	f.meter = meterOf(f.Task)
	return nil
}

func (f *mergeFn) ProcessElement(_ context.Context, part int, elements func(*[]byte) bool, _ func(int, []byte)) error {
	runs, err := readRuns(elements)
	if err != nil {
		return err
	}
	f.pool.run(f.Task.place("part %d", part), func(ctx context.Context) ([]byte, error) {
		defer f.meter.tick()
		return writePart(f.out.Part(part), func(out *shard.PartWriter) error {
			return f.stage.Merge(ctx, part, runs, out)
		})
	})
	return nil
}

func (f *mergeFn) FinishBundle(_ context.Context, emit func(int, []byte)) error {
	results, err := f.pool.wait()
	for _, r := range results {
		emit(commitKey, r)
	}
	return err
}

// readRuns decodes a part's runs in an order that does not depend on the runner.
func readRuns(elements func(*[]byte) bool) ([]shard.Run, error) {
	var runs []shard.Run
	var element []byte
	for elements(&element) {
		if len(element) == 0 {
			continue
		}
		var run shard.Run
		if err := json.Unmarshal(element, &run); err != nil {
			return nil, fmt.Errorf("read a run element: %w", err)
		}
		runs = append(runs, run)
	}
	slices.SortFunc(runs, func(a, b shard.Run) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.Name, b.Name), cmp.Compare(a.RowGroup, b.RowGroup))
	})
	return runs, nil
}
