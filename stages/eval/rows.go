package eval

import (
	"context"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/guard"
	"github.com/clinflow/clinflow/task"
)

// rows are the examples of a key for passes over all of them: held in memory where
// they fit, else read again for each pass.
type rows struct {
	examples
	held [][]task.Prediction // by part
}

// rowBytes is about what a held row takes beside its logits and labels.
const rowBytes = 256

// open makes the examples ready for passes over them.
func (e examples) open(ctx context.Context, room int64) (rows, error) {
	r := rows{examples: e}
	if int64(e.n)*(rowBytes+int64(e.classes)*(4+4)) > room {
		return r, nil
	}
	held := make([][]task.Prediction, len(e.parts))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for part := range e.parts {
		group.Go(r.guarded(func() error {
			return r.read(ctx, part, func(p task.Prediction) {
				held[part] = append(held[part], task.Prediction{Label: p.Label, Labels: slices.Clone(p.Labels), Logits: slices.Clone(p.Logits)})
			})
		}))
	}
	err := group.Wait()
	r.held = held
	return r, err
}

func (r rows) guarded(do func() error) func() error {
	return func() error { return guard.Do("predictions of task "+r.key.task, do) }
}

// read reads the rows of a part.
func (r rows) read(ctx context.Context, part int, visit func(task.Prediction)) error {
	for p, err := range dataset.Read[task.Prediction](ctx, r.dataset, task.TablePredictions, r.parts[part].Part) {
		if err != nil {
			return err
		}
		if r.hold(p) {
			visit(p)
		}
	}
	return nil
}

// row is an example during a pass.
type row struct {
	logits []float32
	label  int32
	has    []bool // [labels] of a multi-label example; else nil
}

// each visits the rows of a part, which are valid until the next one.
func (r rows) each(ctx context.Context, part int, visit func(row)) error {
	var has []bool
	if r.multiLabel {
		has = make([]bool, r.classes)
	}
	one := func(p task.Prediction) {
		if r.multiLabel {
			clear(has)
			for _, label := range p.Labels {
				has[label] = true
			}
		}
		visit(row{p.Logits, p.Label, has})
	}
	if r.held == nil {
		return r.read(ctx, part, one)
	}
	for _, p := range r.held[part] {
		one(p)
	}
	return ctx.Err()
}

// scan passes over rows, parts side by side: each is visited with an accumulator of its
// own, and accumulators are merged in any order.
func scan[A any](ctx context.Context, r rows, fresh func() A, visit func(A, row), merge func(into, from A)) (all A, err error) {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	var one sync.Mutex
	all = fresh()
	for part := range r.parts {
		group.Go(r.guarded(func() error {
			of := fresh()
			err := r.each(ctx, part, func(row row) { visit(of, row) })
			one.Lock()
			defer one.Unlock()
			merge(all, of)
			return err
		}))
	}
	return all, group.Wait()
}

// difference is the logit of the second of two classes less that of the first.
func (r row) difference() float64 {
	if len(r.logits) == 1 {
		return float64(r.logits[0])
	}
	return float64(r.logits[1]) - float64(r.logits[0])
}

// events visits what an example of two classes, or each label of a set, says of an
// event: its logit, and whether it happened.
func (r row) events(visit func(logit float64, happened bool)) {
	if r.has == nil {
		visit(r.difference(), r.label == 1)
		return
	}
	for k, logit := range r.logits {
		visit(float64(logit), r.has[k])
	}
}
