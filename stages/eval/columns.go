package eval

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/auroc/inference"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/guard"
	"github.com/clinflow/clinflow/task"
)

// columns are the logits and labels of all examples of a key for a run of classes,
// class after class. The order of examples is that of their parts; it shows in no
// result.
type columns struct {
	examples
	first, width int
	logits       auroc.Logits // of the run's classes
	labels       []int32      // [n]: the class of a single-label example
	has          []bool       // [width, n]: of a multi-label one, whether it has the class
	subjects     []int64      // [n]
	patients     inference.Patients
}

// columns makes room for so many classes at a time.
func (e examples) columns(width int) *columns {
	c := &columns{examples: e, labels: make([]int32, e.n), subjects: make([]int64, e.n)}
	c.logits = auroc.Logits{N: e.n, Values: make([]float32, width*e.n), Norms: make([]float64, e.n)}
	if e.multiLabel {
		c.has = make([]bool, width*e.n)
	}
	return c
}

// load reads the classes [first, first+width) of all examples, parts side by side.
func (c *columns) load(ctx context.Context, first, width int) error {
	c.first, c.width = first, width
	clear(c.has)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	at := 0
	for _, t := range c.parts {
		from := at
		at += t.N
		group.Go(func() error {
			return guard.Do("predictions of task "+c.key.task, func() error { return c.loadPart(ctx, t, from) })
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if c.patients.Of == nil {
		c.patients = inference.PatientsOf(c.subjects)
	}
	return nil
}

// loadPart puts a part's examples at [from, from+t.N).
func (c *columns) loadPart(ctx context.Context, t tally, from int) error {
	at, end := from, from+t.N
	for row, err := range dataset.Read[task.Prediction](ctx, c.dataset, task.TablePredictions, t.Part) {
		if err != nil {
			return err
		}
		if !c.hold(row) {
			continue
		}
		if at == end {
			return c.changed(t)
		}
		c.set(at, row)
		at++
	}
	if at < end {
		return c.changed(t)
	}
	return nil
}

func (c *columns) changed(t tally) error {
	return exit.Errorf(exit.BadData, "%s: part %d changed while it was measured; run the step again", c.dataset.URI(), t.Part)
}

func (c *columns) set(at int, row task.Prediction) {
	if c.places != nil {
		at = int(c.places[at])
	}
	if c.first == 0 {
		c.logits.Norms[at] = auroc.LogSumExp(row.Logits)
		c.subjects[at] = row.SubjectID
	}
	for k, logit := range row.Logits[c.first : c.first+c.width] {
		c.logits.Values[k*c.n+at] = logit
	}
	if !c.multiLabel {
		c.labels[at] = row.Label
		return
	}
	for _, label := range row.Labels {
		if k := int(label) - c.first; k >= 0 && k < c.width {
			c.has[k*c.n+at] = true
		}
	}
}

// hasOf says which examples have class k of the run.
func (c *columns) hasOf(k int) []bool { return c.has[k*c.n:][:c.n] }

// only are some of the examples of a task whose examples have one class.
func (c *columns) only(rows []int) *columns {
	part := &columns{examples: c.examples, first: c.first, width: c.width, labels: pick(c.labels, rows), subjects: pick(c.subjects, rows)}
	part.n = len(rows)
	part.logits = auroc.Logits{N: part.n, Norms: pick(c.logits.Norms, rows)}
	for k := range c.width {
		part.logits.Values = append(part.logits.Values, pick(c.logits.Values[k*c.n:][:c.n], rows)...)
	}
	part.patients = inference.PatientsOf(part.subjects)
	return part
}

// pick are the values of some rows.
func pick[T any](values []T, rows []int) []T {
	out := make([]T, len(rows))
	for i, row := range rows {
		out[i] = values[row]
	}
	return out
}
