package pipelines

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/clinflow/clinflow/stages"
)

// Reduce spreads a reduce stage: an accumulator for each key and part, a
// GroupByKey, one merge a key, one finish.
func Reduce(s beam.Scope, t Task) {
	s = s.Scope(t.Step)
	accumulators := beam.ParDo(s, &accumulateFn{Task: t}, partNumbers(s, t.Parts))
	merged := beam.ParDo(s, &mergeKeyFn{Task: t}, beam.GroupByKey(s, accumulators))
	// A reduce without a single accumulator must still finish.
	nothing := beam.ParDo(s, &everyPartFn{Parts: 1}, beam.Impulse(s))
	beam.ParDo0(s, &finishFn{Task: t}, beam.GroupByKey(s, beam.Flatten(s, merged, nothing)))
}

// accumulator is one key's contribution of one part, as it crosses Beam.
type accumulator struct {
	Part  int    `json:"part"`
	Key   string `json:"key"`
	Value []byte `json:"value"`
}

// accumulateFn folds parts: part number → (key, accumulator as JSON).
type accumulateFn struct {
	Task  Task
	stage stages.Reduce
	in    stages.Inputs
	pool  *pool[[]accumulator]

	broken error // in Setup
}

func (f *accumulateFn) Setup(ctx context.Context) error {
	var err error
	f.broken, err = prepared(f.Task.place("set up"), func() (err error) {
		f.stage, f.in, err = open[stages.Reduce](ctx, f.Task.env(), f.Task)
		return err
	})
	return err
}

func (f *accumulateFn) StartBundle(ctx context.Context, _ func(string, []byte)) error {
	f.pool = newPool[[]accumulator](ctx, f.Task, f.broken)
	f.Task.counting(ctx)
	return nil
}

func (f *accumulateFn) ProcessElement(_ context.Context, part int, _ func(string, []byte)) error {
	f.pool.run(f.Task.place("part %d", part), func(ctx context.Context) ([]accumulator, error) {
		defer f.Task.done(ctx)
		if err := f.Task.begins(ctx, fmt.Sprintf("part-%05d", part)); err != nil {
			return nil, err
		}
		var out []accumulator
		err := f.stage.Accumulate(ctx, f.in, part, func(key string, value []byte) {
			out = append(out, accumulator{part, key, value})
		})
		if err != nil {
			return nil, err
		}
		return withRollCall(out, part)
	})
	return nil
}

func (f *accumulateFn) FinishBundle(_ context.Context, emit func(string, []byte)) error {
	parts, fault, err := f.pool.wait()
	if err != nil {
		return err
	}
	if fault != nil {
		value, err := json.Marshal(fault)
		if err != nil {
			return err
		}
		parts = [][]accumulator{{{Key: faultKey, Value: value}}}
	}
	for _, part := range parts {
		for _, a := range part {
			element, err := json.Marshal(a)
			if err != nil {
				return err
			}
			emit(a.Key, element)
		}
	}
	return nil
}

// mergeKeyFn merges a key's accumulators: (key, accumulators) → (0, merged).
type mergeKeyFn struct {
	Task  Task
	stage stages.Reduce
	in    stages.Inputs

	broken error // in Setup
}

func (f *mergeKeyFn) Setup(ctx context.Context) error {
	var err error
	f.broken, err = prepared(f.Task.place("set up"), func() (err error) {
		f.stage, f.in, err = open[stages.Reduce](ctx, f.Task.env(), f.Task)
		return err
	})
	return err
}

func (f *mergeKeyFn) ProcessElement(ctx context.Context, key string, elements func(*[]byte) bool, emit func(int, []byte)) error {
	merged := accumulator{Key: key}
	broken, err := prepared(f.Task.place("merge"), func() error {
		parts, err := readAccumulators(elements)
		if err != nil {
			return err
		}
		values := make([][]byte, len(parts))
		for i, p := range parts {
			values[i] = p.Value
		}
		merged.Value, err = f.merge(ctx, key, values)
		return err
	})
	if err != nil {
		return err
	}
	if fault := faultOf(broken); fault != nil {
		merged.Key = faultKey
		if merged.Value, err = json.Marshal(fault); err != nil {
			return err
		}
	}
	element, err := json.Marshal(merged)
	if err != nil {
		return err
	}
	emit(0, element)
	return nil
}

func (f *mergeKeyFn) merge(ctx context.Context, key string, values [][]byte) ([]byte, error) {
	switch {
	case key == faultKey:
		return slices.MinFunc(values, bytes.Compare), nil
	case key == rollCallKey:
		return mergeRollCalls(values)
	case f.broken != nil:
		return nil, f.broken
	default:
		return f.stage.Merge(ctx, f.in, key, values)
	}
}

// finishFn writes the artifact from the merged accumulators and commits it.
type finishFn struct{ Task Task }

func (f *finishFn) ProcessElement(ctx context.Context, _ int, elements func(*[]byte) bool) error {
	return f.Task.ends(ctx, "finish", func() error {
		stage, in, err := open[stages.Reduce](ctx, f.Task.env(), f.Task)
		if err != nil {
			return err
		}
		merged, err := readAccumulators(elements)
		if err != nil {
			return err
		}
		faults, err := faultsIn(merged)
		if err != nil {
			return err
		}
		if len(faults) > 0 {
			return f.Task.record(ctx, first(faults))
		}
		results, err := answered(merged, f.Task.Parts)
		if err != nil {
			return err
		}
		return f.Task.finish(ctx, stage, in, results)
	})
}

func (t Task) finish(ctx context.Context, stage stages.Reduce, in stages.Inputs, results []stages.Keyed) error {
	header, err := t.header()
	if err != nil {
		return err
	}
	out, err := t.writer(ctx)
	if err != nil {
		return err
	}
	if err := stage.Finish(ctx, in, results, out); err != nil {
		return err
	}
	if err := stages.SetAttributes(ctx, stage, in, out); err != nil {
		return err
	}
	return out.Commit(ctx, header, nil)
}
