package label

import (
	"context"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/declared"
	"github.com/clinflow/clinflow/task"
)

func init() {
	Register(stages.Spec{
		Name: "label.task", Version: 2,
		Doc: "Labels admissions by a task that a YAML file declares: its cohort, the time at which the model is asked, and the label as an expression of CEL over all of the patient's tables (docs/tasks.md). " +
			"prediction_time is the index time. An admission is dropped for the first of: no_index_time, not_in_cohort, the exclusions in their order; where one of these or the label depends on a time that is not known, under its name with _unknown behind. " +
			"A multilabel task without names takes those of a label set by label.task_set; labels that it lacks are counted under labels_not_listed.",
		In: []stages.Port{{Name: portLabelSet, Kind: task.KindLabelSet, Optional: true, Doc: "the labels of a multilabel task that names none, by label.task_set with the same task"}},
	}, declared.Tables, func(config declared.Config) (Outcome, error) { return newDeclared(config), nil })
}

// declaredTask is the outcome of label.task.
type declaredTask struct {
	of     *declared.Task
	faults []stages.Fault // of the declaration
}

func newDeclared(config declared.Config) declaredTask {
	t, faults := declared.Check("task", config.Task)
	return declaredTask{t, faults}
}

// Planned is the task, but for the labels that a label set lists.
func (d declaredTask) Planned() task.Task { return d.of.Task() }

// Check tells the faults of the declaration, and a label set that is missing or of
// another task.
func (d declaredTask) Check(_ context.Context, in stages.Givers) []stages.Fault {
	from := in.One(portLabelSet)
	switch {
	case d.of.Open() && from == nil:
		return append(d.faults, stages.Faultf("in."+portLabelSet, "the task %s names no labels; give it a step of label.task_set with the same task", d.of.Name)...)
	case !d.of.Open() && from != nil:
		return append(d.faults, stages.Faultf("in."+portLabelSet, "the task %s has its own names; leave the port out", d.of.Name)...)
	case from != nil && from.Task().Name != "":
		return append(d.faults, stages.FaultOf("in."+portLabelSet, d.fits(from.Task(), "the step "+from.Step))...)
	}
	return d.faults
}

func (d declaredTask) fits(listed task.Task, from string) error {
	if listed.Name != d.of.Name {
		return exit.Errorf(exit.BadData, "port %s: %s was made with task %s, this step has %s; give it the label.task_set step with the same task", portLabelSet, from, listed.Name, d.of.Name)
	}
	return nil
}

// Task is the declared one, with the labels of its label set where it takes one.
func (d declaredTask) Task(_ context.Context, in stages.Inputs) (task.Task, error) {
	t := d.Planned()
	if err := declared.Err(d.faults); err != nil || !d.of.Open() {
		return t, err
	}
	set := in.One(portLabelSet)
	if set == nil {
		return t, exit.Errorf(exit.Usage, "port %s: the task %s names no labels; give it the output of label.task_set", portLabelSet, d.of.Name)
	}
	listed, ok, err := task.Of(set)
	if err == nil && !ok {
		err = exit.Errorf(exit.BadData, "%s does not say what labels it lists; make it again with label.task_set", set.URI())
	}
	if err != nil {
		return t, err
	}
	t.Labels, t.Split = listed.Labels, listed.Split
	return t, d.fits(listed, set.URI())
}

// Begin opens the tables of a part.
func (d declaredTask) Begin(p *Part) (Labeller, error) {
	t, err := d.Task(p.Context, p.In)
	if err != nil {
		return nil, err
	}
	numbers, patients := t.Numbers(), declared.Read(p.Context, p.patients(), p.number)
	p.tables = append(p.tables, openTable{close: patients.Close})
	return func(a *mimic.Admission, l *task.Label) (string, error) {
		o, dropped, err := d.of.Of(p.Context, patients, a)
		if err != nil || dropped != "" {
			return dropped, err
		}
		l.PredictionTime, l.Label = o.Index, o.Label
		return "", d.number(o.Labels, numbers, l, p.Out)
	}, nil
}

// number writes the numbers of labels. Those that a label set lacks are counted, those
// that the declaration does not name are a fault of it.
func (d declaredTask) number(labels []string, numbers map[string]int32, l *task.Label, out *dataset.PartWriter) error {
	for _, label := range labels {
		number, listed := numbers[label]
		switch {
		case listed:
			l.Labels = append(l.Labels, number)
		case d.of.Open():
			out.Count("labels_not_listed", 1)
		default:
			return exit.Errorf(exit.BadData, "hadm_id %d: task.label.is has a label that task.label.names does not", l.HadmID)
		}
	}
	slices.Sort(l.Labels)
	return nil
}
