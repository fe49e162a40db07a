// Package text makes the texts that models read: what was known of an admission when
// the patient came, and nothing that was written later. A text is made once, whatever
// the number of tasks that it serves.
package text

import (
	"context"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/recipe"
	"github.com/clinflow/clinflow/task"
)

func init() {
	stages.RegisterMap(stages.Spec{
		Name:    "text.admission",
		Version: 3,
		Doc: "Makes one text of each admission: the admission sections of its discharge summaries, each from the first that has it by note_seq, then day. text_id is hadm_id, prediction_time is admittime. " +
			"The recipe clinical leaves addenda out, and every section or exam that its heading says is of a later day; core makes CORe's texts of the notes that text.core_notes lists. " +
			"Admissions without a discharge summary, or without a chief complaint, a present illness and a medical history in it, have no text and are counted under dropped.<reason>; summaries of no admission under summaries_without_admission.",
		In: []stages.Port{
			{
				Name: "patients", Kind: mimic.KindPatients, Sharded: true,
				Tables: []string{mimic.TableAdmissions, mimic.TableNotes}, Doc: "admissions and their notes",
			},
			{Name: portCoreNotes, Kind: kindCoreNotes, Optional: true, Doc: "the notes that are read, by text.core_notes with the same recipe: mandatory with pandas_order and drop_duplicate_texts, which core has"},
		},
		Out: stages.Output{Kind: task.KindTexts, Tables: []string{task.TableTexts}},
	}, newAdmission)
}

// AdmissionConfig is the configuration of text.admission.
type AdmissionConfig struct{ recipe.Config }

type admission struct {
	recipe.Config
	recipe recipe.Recipe
}

func newAdmission(_ *stages.Environment, config AdmissionConfig) (stages.Map, error) {
	r, err := config.New()
	return admission{config.Config, r}, err
}

// Texts implements stages.Textual.
func (admission) Texts(stages.Givers) task.Texts { return task.Texts{Of: task.OfAdmission} }

// Attributes say what the texts are.
func (x admission) Attributes(context.Context, stages.Inputs) (map[string]any, error) {
	return map[string]any{task.TextsAttribute: x.Texts(nil), recipe.Attribute: x.Made()}, nil
}

// Check asks for the notes of the table where the recipe goes by them.
func (x admission) Check(_ context.Context, in stages.Givers) []stages.Fault {
	from := in.One(portCoreNotes)
	if (from != nil) == x.recipe.OfTable() {
		return x.FitsStep(portCoreNotes, from)
	}
	return stages.FaultOf("in."+portCoreNotes, x.lacks(from != nil))
}

// lacks says that the notes of the table are missing, or given in vain.
func (x admission) lacks(given bool) error {
	if given {
		return exit.Errorf(exit.Usage, "the recipe %s reads the notes of each admission by themselves; leave the port out", x.Name())
	}
	return exit.Errorf(exit.Usage, "the recipe %s reads a note by what other patients' are; give it a step of text.core_notes with the same patients and recipe", x.Name())
}

// Part writes the texts of a part's admissions.
func (x admission) Part(ctx context.Context, in stages.Inputs, part int, out *dataset.PartWriter) error {
	rows, err := dataset.Rows[task.Text](out, task.TableTexts)
	if err != nil {
		return err
	}
	listed, err := x.listed(ctx, in)
	if err != nil {
		return err
	}
	patients := in.One("patients")
	notes := mimic.ReadByAdmission(ctx, patients, mimic.TableNotes, part, listed.wanted)
	defer notes.Close()
	for a, err := range dataset.Read[mimic.Admission](ctx, patients, mimic.TableAdmissions, part) {
		if err != nil {
			return err
		}
		summaries, err := notes.Of(&a)
		if err != nil {
			return err
		}
		slices.SortFunc(summaries, listed.compare)
		row, dropped := Of(x.recipe, &a, summaries)
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
