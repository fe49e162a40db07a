package text

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/declared"
	"github.com/clinflow/clinflow/stages/recipe"
	"github.com/clinflow/clinflow/task"
)

func init() {
	stages.RegisterMap(stages.Spec{
		Name: "text.task", Version: 2,
		Doc: "Makes the texts that a declared task reads (docs/tasks.md), one of each admission: the notes of its types in the hours around the index time, in the order of their times with a blank line between, or some of the admission sections. " +
			"text_id is hadm_id, prediction_time is the index time, or the date of a note that is dated later. A note's time is its charttime; where that has a day alone, as discharge summaries have, the end of that day. " +
			"Notes that are marked as errors are left out; those of other hours are counted under notes_before and notes_after, those without a time under notes_without_time. " +
			"Admissions without a text are counted under dropped.no_index_time, no_notes or no_admission_sections. A task whose texts are all the admission sections takes those of text.admission.",
		In: []stages.Port{{
			Name: "patients", Kind: mimic.KindPatients, Sharded: true,
			Tables: []string{mimic.TableAdmissions, mimic.TableICUStays, mimic.TableNotes}, Doc: "admissions and their notes",
		}},
		Out: stages.Output{Kind: task.KindTexts, Tables: []string{task.TableTexts}},
	}, func(_ *stages.Environment, config declared.Config) (stages.Map, error) {
		t, faults := declared.Check("task", config.Task)
		r, err := sound()
		return ofTask{t, faults, r}, err
	})
}

// ofTask makes the texts of a declared task.
type ofTask struct {
	of     *declared.Task
	faults []stages.Fault // of the declaration
	recipe recipe.Recipe
}

// Texts implements stages.Textual.
func (x ofTask) Texts(stages.Givers) task.Texts { return task.Texts{Of: x.of.OwnTexts()} }

// Attributes say what the texts are.
func (x ofTask) Attributes(context.Context, stages.Inputs) (map[string]any, error) {
	return map[string]any{task.TextsAttribute: x.Texts(nil)}, nil
}

// Check tells the faults of the declaration, and one whose texts another stage makes.
func (x ofTask) Check(context.Context, stages.Givers) []stages.Fault {
	if len(x.faults) == 0 && !x.of.Texts.ReadByTextTask() {
		return stages.Faultf("task", "the texts of %s are those of text.admission; take that stage", x.of.Name)
	}
	return x.faults
}

// Part writes the texts of a part's admissions.
func (x ofTask) Part(ctx context.Context, in stages.Inputs, part int, out *dataset.PartWriter) error {
	if err := declared.Err(x.Check(ctx, nil)); err != nil {
		return err
	}
	rows, err := dataset.Rows[task.Text](out, task.TableTexts)
	if err != nil {
		return err
	}
	patients := in.One("patients")
	b := x.beside(ctx, patients, part)
	defer b.close()
	for a, err := range dataset.Read[mimic.Admission](ctx, patients, mimic.TableAdmissions, part) {
		if err != nil {
			return err
		}
		notes, firstICU, err := b.of(&a)
		if err != nil {
			return err
		}
		row := task.Text{TextID: strconv.FormatInt(a.HadmID, 10), SubjectID: a.SubjectID, HadmID: a.HadmID, PredictionTime: x.of.Index.Time(&a, firstICU)}
		dropped := x.fill(&row, notes, out)
		if err := write(out, rows, row, dropped); err != nil {
			return err
		}
	}
	return nil
}

// beside is what is read beside the admissions of a part.
type beside struct {
	notes     *mimic.ByPatient[taskNote]
	stays     *mimic.ByAdmission[mimic.ICUStay]
	subjectID int64
	current   []taskNote // of the patient
}

func (x ofTask) beside(ctx context.Context, patients *dataset.Dataset, part int) *beside {
	return &beside{
		notes: mimic.ReadByPatient(ctx, patients, mimic.TableNotes, part, x.wants),
		stays: mimic.ReadByAdmission[mimic.ICUStay](ctx, patients, mimic.TableICUStays, part, nil),
	}
}

func (b *beside) close() {
	b.notes.Close()
	b.stays.Close()
}

// of is the notes of an admission's patient, and the first intime of its ICU stays, 0
// where there is none.
func (b *beside) of(a *mimic.Admission) (notes []taskNote, firstICU dataset.Time, err error) {
	if a.SubjectID != b.subjectID {
		b.subjectID = a.SubjectID
		if b.current, err = b.notes.Of(a.SubjectID); err != nil {
			return nil, 0, err
		}
	}
	stays, err := b.stays.Of(a)
	for _, s := range stays {
		if firstICU == 0 || s.Intime != 0 && s.Intime < firstICU {
			firstICU = s.Intime
		}
	}
	return b.current, firstICU, err
}

// wants says whether the task may read a note, by what it is.
func (x ofTask) wants(n *taskNote) bool {
	t := x.of.Texts
	if t.Of == declared.OfAdmission {
		return reads(x.recipe, &n.Summary)
	}
	return !n.IsError &&
		(len(t.Types) == 0 || slices.Contains(t.Types, n.NoteType)) &&
		(len(t.Categories) == 0 || slices.Contains(t.Categories, strings.TrimRight(n.Category, " ")))
}

// fill sets the text of an admission, or says why there is none.
func (x ofTask) fill(row *task.Text, notes []taskNote, out *dataset.PartWriter) (dropped string) {
	if row.PredictionTime == 0 {
		return declared.NoIndexTime
	}
	if x.of.Texts.Whose == "admission" {
		notes = slices.DeleteFunc(slices.Clone(notes), func(n taskNote) bool { return n.HadmID != row.HadmID })
	}
	if x.of.Texts.Of == declared.OfAdmission {
		row.Text = x.sections(notes)
		return reasonOf(row.Text, "no_admission_sections")
	}
	row.Text, row.PredictionTime = x.notes(row.PredictionTime, notes, out)
	return reasonOf(row.Text, "no_notes")
}

func reasonOf(text, reason string) string {
	if text == "" {
		return reason
	}
	return ""
}
