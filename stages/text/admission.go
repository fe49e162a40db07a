// Package text makes the texts that models read: what was known of an admission when
// the patient came, and nothing that was written later. A text is made once, whatever
// the number of tasks that it serves.
package text

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/recipe"
	"github.com/clinflow/clinflow/stages/text/sections"
	"github.com/clinflow/clinflow/task"
)

func init() {
	stages.RegisterMap(stages.Spec{
		Name:    "text.admission",
		Version: 1,
		Doc: "Makes one text of each admission: the admission sections of its discharge summaries, each from the first that has it by note_seq. text_id is hadm_id, prediction_time is admittime. " +
			"Addenda are left out, and so is every section or exam that its heading says is of a later day. " +
			"Admissions without a discharge summary, or without a chief complaint, a present illness and a medical history in it, have no text and are counted under dropped.<reason>; summaries of no admission under summaries_without_admission.",
		In: []stages.Port{{
			Name: "patients", Kind: mimic.KindPatients, Sharded: true,
			Tables: []string{mimic.TableAdmissions, mimic.TableNotes}, Doc: "admissions and their notes",
		}},
		Out: stages.Output{Kind: task.KindTexts, Tables: []string{task.TableTexts}},
	}, func(_ *stages.Environment, config AdmissionConfig) (stages.Map, error) { return admission(config), nil })
}

// AdmissionConfig is the configuration of text.admission.
type AdmissionConfig struct{ recipe.Config }

type admission struct{ recipe.Config }

// Texts implements stages.Textual.
func (admission) Texts(stages.Givers) task.Texts { return task.Texts{Of: task.OfAdmission} }

// Attributes say what the texts are.
func (x admission) Attributes(context.Context, stages.Inputs) (map[string]any, error) {
	return map[string]any{task.TextsAttribute: x.Texts(nil)}, nil
}

// Summary is what is read of a note.
type Summary struct {
	SubjectID int64  `parquet:"subject_id"`
	HadmID    int64  `parquet:"hadm_id,optional"`
	Category  string `parquet:"category,optional"`
	NoteType  string `parquet:"note_type,optional"`
	NoteSeq   int32  `parquet:"note_seq"`
	IsError   bool   `parquet:"iserror"`
	Text      string `parquet:"text,plain"`
}

// Key orders summaries by admission, as the notes' table is.
func (s Summary) Key() mimic.Key { return mimic.Key{SubjectID: s.SubjectID, HadmID: s.HadmID} }

// Part writes the texts of a part's admissions.
func (x admission) Part(ctx context.Context, in stages.Inputs, part int, out *dataset.PartWriter) error {
	r, err := x.New(ctx, in)
	if err != nil {
		return err
	}
	rows, err := dataset.Rows[task.Text](out, task.TableTexts)
	if err != nil {
		return err
	}
	patients := in.One("patients")
	notes := mimic.ReadByAdmission(ctx, patients, mimic.TableNotes, part, func(s *Summary) bool { return reads(r, s) })
	defer notes.Close()
	for a, err := range dataset.Read[mimic.Admission](ctx, patients, mimic.TableAdmissions, part) {
		if err != nil {
			return err
		}
		summaries, err := notes.Of(&a)
		if err != nil {
			return err
		}
		row, dropped := Of(r, &a, summaries)
		if err := write(out, rows, row, dropped); err != nil {
			return err
		}
	}
	orphans, err := notes.Orphans()
	out.Count("summaries_without_admission", orphans)
	return err
}

func write(out *dataset.PartWriter, rows *dataset.RowWriter[task.Text], row task.Text, dropped string) error {
	out.Count("read", 1)
	if dropped != "" {
		out.Count("dropped."+dropped, 1)
		return nil
	}
	out.Count("kept", 1)
	return rows.Write(row)
}

// reads says whether a recipe reads a note.
func reads(r recipe.Recipe, n *Summary) bool {
	return n.Category == mimic.CategoryDischargeSummary && (r.Addenda || n.NoteType != mimic.Addendum) && (r.Errors || !n.IsError)
}

// Of is the text of an admission with these summaries, or the reason why there is
// none. The sections of each summary are read by themselves, so that the end of one
// cannot leak into the next.
func Of(r recipe.Recipe, a *mimic.Admission, summaries []Summary) (t task.Text, dropped string) {
	if len(summaries) == 0 {
		return t, "no_discharge_summary"
	}
	slices.SortStableFunc(summaries, func(a, b Summary) int { return cmp.Compare(a.NoteSeq, b.NoteSeq) })
	var note sections.Note
	for i := range summaries {
		note.Fill(r.Sections(summaries[i].Text))
	}
	if !note.Usable() {
		return t, "no_admission_sections"
	}
	return task.Text{
		TextID: strconv.FormatInt(a.HadmID, 10), SubjectID: a.SubjectID, HadmID: a.HadmID,
		PredictionTime: a.Admittime, Text: note.Text(),
	}, ""
}
