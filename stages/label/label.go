// Package label makes the labels of tasks from the patient tables: small datasets
// without text, which are joined to tokens where a model is trained or judged. The
// stages here are tasks of the paper; Register makes one of your own of one file.
package label

import (
	"context"
	"errors"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/recipe"
	"github.com/clinflow/clinflow/task"
)

// Config is the configuration that the tasks of this package share.
type Config struct{ recipe.Config }

// onAdmission is what the texts of an outcome of a stay are: later ones tell it.
var onAdmission = task.Texts{Of: task.OfAdmission}

// Outcome is a task whose labels belong to admissions.
type Outcome interface {
	// Task is the task's name, kind and labels, and the recipe where it has one. The
	// release is filled in from the patients.
	Task(ctx context.Context, in stages.Inputs) (task.Task, error)
	// Begin opens what the task reads beside the admissions of a part.
	Begin(p *Part) (Labeller, error)
}

// Labeller sets Label or Labels of an admission, and PredictionTime where it is not
// admittime, or says in words of a key, such as died, why the admission is not of the
// task. It is called for all admissions of a part, in the order of their table.
type Labeller func(a *mimic.Admission, l *task.Label) (dropped string, err error)

// OfAdmission is the outcome of a task whose label the admission's own row tells.
func OfAdmission(t task.Task, labeller Labeller) Outcome { return ofAdmission{t, labeller} }

type ofAdmission struct {
	task     task.Task
	labeller Labeller
}

func (o ofAdmission) Planned() task.Task                                     { return o.task }
func (o ofAdmission) Task(context.Context, stages.Inputs) (task.Task, error) { return o.task, nil }
func (o ofAdmission) Begin(*Part) (Labeller, error)                          { return o.labeller, nil }

// Register makes a labelling stage known, from an init function. The spec has a name,
// a version, a doc and what inputs there are beside the patients; tables are those
// that are read beside the admissions. The output is of kind labels.
func Register[C any](s stages.Spec, tables []string, build func(C) (Outcome, error)) {
	s.Doc += " Admissions that are not of the task are counted under dropped.<reason>, labels under positives, class.<number> or pairs. " +
		"The table meds has the labels in the MEDS label schema, in the one value column that the task has (boolean_value, integer_value or categorical_value); prediction_time is the index time, admittime where nothing else is said."
	s.In = append([]stages.Port{{
		Name: "patients", Kind: mimic.KindPatients, Sharded: true,
		Tables: append([]string{mimic.TableAdmissions}, tables...),
		Doc:    "admissions, and what the labels are made from",
	}}, s.In...)
	s.Out = stages.Output{Kind: task.KindLabels, Tables: []string{task.TableLabels, task.TableMEDS}}
	stages.RegisterMap(s, func(_ *stages.Environment, config C) (stages.Map, error) {
		outcome, err := build(config)
		return labelling{outcome}, err
	})
}

// labelling labels the admissions of a part. The walk is the same for all tasks.
type labelling struct{ outcome Outcome }

// Attributes say what task the labels are of.
func (l labelling) Attributes(ctx context.Context, in stages.Inputs) (map[string]any, error) {
	t, err := l.outcome.Task(ctx, in)
	t.Release = mimic.ReleaseOf(in.One("patients")).String()
	attributes := map[string]any{task.Attribute: t}
	if t.Recipe != "" {
		made, failed := recipe.Named(t.Recipe)
		attributes[recipe.Attribute], err = made.Made(), errors.Join(err, failed)
	}
	return attributes, err
}

// planned is implemented by an outcome that knows before anything runs what its task
// is, but for the labels where its inputs list them.
type planned interface{ Planned() task.Task }

// Task implements stages.Labelling.
func (l labelling) Task(stages.Givers) task.Task {
	if p, ok := l.outcome.(planned); ok {
		return p.Planned()
	}
	return task.Task{}
}

// Check asks the outcome, if it can tell.
func (l labelling) Check(ctx context.Context, in stages.Givers) []stages.Fault {
	if c, ok := l.outcome.(stages.Checked); ok {
		return c.Check(ctx, in)
	}
	return nil
}

// Part writes the labels of a part.
func (l labelling) Part(ctx context.Context, in stages.Inputs, part int, out *dataset.PartWriter) error {
	t, err := l.outcome.Task(ctx, in)
	if err != nil {
		return err
	}
	p := &Part{Context: ctx, In: in, Out: out, number: part}
	defer p.close()
	labeller, err := l.outcome.Begin(p)
	if err != nil {
		return err
	}
	w, err := NewWriter(t, out)
	if err != nil {
		return err
	}
	for a, err := range dataset.Read[mimic.Admission](ctx, p.patients(), mimic.TableAdmissions, part) {
		if err != nil {
			return err
		}
		row := task.Label{SubjectID: a.SubjectID, HadmID: a.HadmID, PredictionTime: a.Admittime}
		dropped, err := labeller(&a, &row)
		if err != nil {
			return err
		}
		if err := w.Write(row, dropped); err != nil {
			return err
		}
	}
	return p.countOrphans()
}
