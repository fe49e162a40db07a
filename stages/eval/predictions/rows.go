package predictions

import (
	"context"
	"slices"
	"sync"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/task"
)

// Rows are the examples of a key for passes over all of them: held in memory where
// they fit, else read again for each pass.
type Rows struct {
	Examples
	held [][]task.Prediction // by part
}

// rowBytes is about what a held row takes beside its logits and labels.
const rowBytes = 256

// Open makes the examples ready for passes over them.
func (e Examples) Open(ctx context.Context, room int64) (Rows, error) {
	r := Rows{Examples: e}
	if int64(e.N)*(rowBytes+int64(e.Classes)*(4+4)) > room {
		return r, nil
	}
	held := make([][]task.Prediction, len(e.Parts))
	err := e.eachPart(ctx, func(ctx context.Context, part int) error {
		return r.read(ctx, part, func(p task.Prediction) {
			held[part] = append(held[part], task.Prediction{Label: p.Label, Labels: slices.Clone(p.Labels), Logits: slices.Clone(p.Logits)})
		})
	})
	r.held = held
	return r, err
}

// read reads the rows of a part.
func (r Rows) read(ctx context.Context, part int, visit func(task.Prediction)) error {
	for p, err := range dataset.Read[task.Prediction](ctx, r.Dataset, task.TablePredictions, r.Parts[part].Part) {
		if err != nil {
			return err
		}
		if r.holds(p.Split, p.Variant) {
			visit(p)
		}
	}
	return nil
}

// Row is an example during a pass.
type Row struct {
	Logits []float32
	Label  int32
	Has    []bool // [labels] of a multi-label example; else nil
}

// each visits the rows of a part, which are valid until the next one.
func (r Rows) each(ctx context.Context, part int, visit func(Row)) error {
	var has []bool
	if r.MultiLabel {
		has = make([]bool, r.Classes)
	}
	one := func(p task.Prediction) {
		if r.MultiLabel {
			clear(has)
			for _, label := range p.Labels {
				has[label] = true
			}
		}
		visit(Row{p.Logits, p.Label, has})
	}
	if r.held == nil {
		return r.read(ctx, part, one)
	}
	for _, p := range r.held[part] {
		one(p)
	}
	return ctx.Err()
}

// Scan passes over rows, parts side by side: each is visited with an accumulator of its
// own, and accumulators are merged in any order.
func Scan[A any](ctx context.Context, r Rows, fresh func() A, visit func(A, Row), merge func(into, from A)) (all A, err error) {
	var one sync.Mutex
	all = fresh()
	return all, r.eachPart(ctx, func(ctx context.Context, part int) error {
		of := fresh()
		err := r.each(ctx, part, func(row Row) { visit(of, row) })
		one.Lock()
		defer one.Unlock()
		merge(all, of)
		return err
	})
}

// difference is the logit of the second of two classes less that of the first.
func (r Row) difference() float64 {
	if len(r.Logits) == 1 {
		return float64(r.Logits[0])
	}
	return float64(r.Logits[1]) - float64(r.Logits[0])
}

// Events visits what an example of two classes, or each label of a set, says of an
// event: its logit, and whether it happened.
func (r Row) Events(visit func(logit float64, happened bool)) {
	if r.Has == nil {
		visit(r.difference(), r.Label == 1)
		return
	}
	for k, logit := range r.Logits {
		visit(float64(logit), r.Has[k])
	}
}
