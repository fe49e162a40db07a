package before

import (
	"context"
	"strconv"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/text/sections"
	"github.com/clinflow/clinflow/task"
)

// Cohort is the configuration that all labelling stages share.
type Cohort struct {
	Recipe    string `json:"recipe" default:"clinical" enum:"clinical" doc:"how texts are made from discharge summaries and labels from codes"`
	Split     string `json:"split" default:"hash" enum:"hash" doc:"hash puts 70/10/20 per cent of the patients into train, val and test"`
	SplitSeed int64  `json:"split_seed" default:"1" doc:"seed of the split by patient; the same in every stage that splits"`
}

func (c Cohort) splitOf(subjectID int64) string { return split.Of(subjectID, c.SplitSeed) }

// outcomes are the labels of a task in one part. Besides finding them they say
// how the manifest and MEDS show them: see binary, classes and sets.
type outcomes interface {
	// of sets the label of an admission's example, or says why it has none. It
	// is asked for all admissions in turn.
	of(a *admission, e *task.Example) (dropped string, err error)
	// tally is what the manifest counts of an example under name.<split>.
	tally(e *task.Example) (name string, n int64)
	// meds are the rows of an example in the MEDS label schema.
	meds(e *task.Example) []task.MEDSLabel
	// medsLacks names the values that these have not.
	medsLacks() []string
}

// labelling makes the examples of a task. The walk is the same for all tasks.
type labelling struct {
	task   stages.Task
	cohort Cohort
	recipe recipe
	// begin opens what the task reads beside the admissions.
	begin func(w *walk, in stages.Inputs) (outcomes, error)
	// edit takes out of a text what the task must not see, or says why the
	// admission cannot be used. Nil: nothing.
	edit func(sections.Note) (note sections.Note, dropped string)
}

func newLabelling(task stages.Task, c Cohort, begin func(*walk, stages.Inputs) (outcomes, error)) (*labelling, error) {
	r, err := recipeNamed(c.Recipe)
	return &labelling{task: task, cohort: c, recipe: r, begin: begin}, err
}

// Task is what the examples are labelled for.
func (l *labelling) Task(stages.Task) stages.Task { return l.task }

// Check compares the settings with those of the step that makes the vocabulary.
func (l *labelling) Check(_ context.Context, in stages.Givers) []stages.Fault {
	from := in.One(portVocabulary)
	if from == nil {
		return nil
	}
	v, ok := from.Built.(*vocab)
	if !ok {
		return nil
	}
	return stages.FaultOf("in."+portVocabulary, l.cohort.fits(l.task.Name, v.list(newTally()), "the step "+from.Step))
}

// labellingSpec is what the specs of the tasks have in common. Version is 2
// unless the caller says otherwise.
func labellingSpec(name, doc string, tables ...string) stages.Spec {
	return stages.Spec{
		Name: name, Version: 2,
		Doc: doc + " The text is that of the admission sections of the discharge summary; addenda are left out, and so is every section or exam that its heading says is of a later day. " +
			"What is left out is counted under dropped.<reason>. The table meds has the labels in the MEDS label schema, in the one value column that the task has (boolean_value, integer_value or categorical_value); prediction_time is admittime.",
		In: []stages.Port{{
			Name: "patients", Kind: mimic.KindPatients, Sharded: true,
			Tables: append([]string{mimic.TableAdmissions, mimic.TableNotes}, tables...),
			Doc:    "admissions, their notes, and what the labels are made from",
		}},
		Out: stages.Output{Kind: task.KindExamples, Tables: []string{task.TableExamples, task.TableMEDS}},
	}
}

// Part writes the examples of a part.
func (l *labelling) Part(ctx context.Context, in stages.Inputs, part int, out *dataset.PartWriter) error {
	w := &walk{ctx: ctx, patients: in.One("patients"), part: part, out: out}
	defer w.stop()
	task, err := l.begin(w, in)
	if err != nil {
		return err
	}
	examples, err := newExampleWriter(out, task)
	if err != nil {
		return err
	}
	for a, err := range w.admissions() {
		if err != nil {
			return err
		}
		example, dropped, err := l.example(&a, task)
		if err != nil {
			return err
		}
		if err := examples.write(&example, dropped); err != nil {
			return err
		}
	}
	return nil
}

// Why an admission gives no example of any task.
const (
	dropNoSummary  = "dropped.no_discharge_summary"
	dropNoSections = "dropped.no_admission_sections"
)

// example makes an admission's example, or says why there is none.
func (l *labelling) example(a *admission, task outcomes) (e task.Example, dropped string, err error) {
	dropped, err = task.of(a, &e)
	if len(a.summaries) == 0 {
		dropped = dropNoSummary
	}
	if err != nil || dropped != "" {
		return e, dropped, err
	}
	note := l.recipe.text(a.summaries)
	if !note.Usable() {
		return e, dropNoSections, nil
	}
	if l.edit != nil {
		note, dropped = l.edit(note)
	}
	e.ExampleID = strconv.FormatInt(a.HadmID, 10)
	e.SubjectID, e.HadmID, e.Split = a.SubjectID, a.HadmID, l.cohort.splitOf(a.SubjectID)
	e.PredictionTime, e.Text = a.Admittime, note.Text()
	return e, dropped, nil
}
