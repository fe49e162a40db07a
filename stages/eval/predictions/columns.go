package predictions

import (
	"context"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/auroc/inference"
	"github.com/clinflow/clinflow/task"
)

// Columns are the logits and labels of all examples of a key for a run of classes,
// class after class. The order of examples is that of their parts; it shows in no
// result.
type Columns struct {
	Examples
	first, Loaded int          // so many classes from the first on
	Logits        auroc.Logits // of the run's classes
	Labels        []int32      // [n]: the class of a single-label example
	Has           []bool       // [width, n]: of a multi-label one, whether it has the class
	subjects      []int64      // [n]
	Patients      inference.Patients
}

// Columns makes room for so many classes at a time.
func (e Examples) Columns(width int) *Columns {
	c := &Columns{Examples: e, Labels: make([]int32, e.N), subjects: make([]int64, e.N)}
	c.Logits = auroc.Logits{N: e.N, Values: make([]float32, width*e.N), Norms: make([]float64, e.N)}
	if e.MultiLabel {
		c.Has = make([]bool, width*e.N)
	}
	return c
}

// Load reads the classes [first, first+width) of all examples, parts side by side.
func (c *Columns) Load(ctx context.Context, first, width int) error {
	c.first, c.Loaded = first, width
	clear(c.Has)
	from := make([]int, len(c.Parts)+1)
	for i, t := range c.Parts {
		from[i+1] = from[i] + t.N
	}
	if err := c.eachPart(ctx, func(ctx context.Context, i int) error { return c.loadPart(ctx, c.Parts[i], from[i]) }); err != nil {
		return err
	}
	if c.Patients.Of == nil {
		c.Patients = inference.PatientsOf(c.subjects)
	}
	return nil
}

// loadPart puts a part's examples at [from, from+t.N).
func (c *Columns) loadPart(ctx context.Context, t Tally, from int) error {
	at, end := from, from+t.N
	for row, err := range dataset.Read[task.Prediction](ctx, c.Dataset, task.TablePredictions, t.Part) {
		if err != nil {
			return err
		}
		if !c.holds(row.Split, row.Variant) {
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

func (c *Columns) set(at int, row task.Prediction) {
	if c.Places != nil {
		at = int(c.Places[at])
	}
	if c.first == 0 {
		c.Logits.Norms[at] = auroc.LogSumExp(row.Logits)
		c.subjects[at] = row.SubjectID
	}
	for k, logit := range row.Logits[c.first : c.first+c.Loaded] {
		c.Logits.Values[k*c.N+at] = logit
	}
	if !c.MultiLabel {
		c.Labels[at] = row.Label
		return
	}
	for _, label := range row.Labels {
		if k := int(label) - c.first; k >= 0 && k < c.Loaded {
			c.Has[k*c.N+at] = true
		}
	}
}

// HasOf says which examples have class k of the run.
func (c *Columns) HasOf(k int) []bool { return c.Has[k*c.N:][:c.N] }

// Only are some of the examples, of the loaded classes.
func (c *Columns) Only(rows []int) *Columns {
	part := &Columns{Examples: c.Examples, first: c.first, Loaded: c.Loaded, subjects: Pick(c.subjects, rows)}
	part.N = len(rows)
	if !c.MultiLabel {
		part.Labels = Pick(c.Labels, rows)
	}
	part.Logits = auroc.Logits{N: part.N, Norms: Pick(c.Logits.Norms, rows)}
	for k := range c.Loaded {
		part.Logits.Values = append(part.Logits.Values, Pick(c.Logits.Values[k*c.N:][:c.N], rows)...)
		if c.MultiLabel {
			part.Has = append(part.Has, Pick(c.HasOf(k), rows)...)
		}
	}
	part.Patients = inference.PatientsOf(part.subjects)
	return part
}

// Pick are the values of some rows.
func Pick[T any](values []T, rows []int) []T {
	out := make([]T, len(rows))
	for i, row := range rows {
		out[i] = values[row]
	}
	return out
}
