package text_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
)

// reported is a report of a patient's one admission, in the row of its place.
func reported(row, subject int64, day dataset.Time, text string) mimic.Note {
	return mimic.Note{
		SubjectID: subject, HadmID: subject, Category: mimic.CategoryDischargeSummary, NoteType: mimic.DischargeSummary,
		Chartdate: day, Text: text, Origin: mimic.Origin{SourceRow: row},
	}
}

func admissionsOf(subjects ...int64) (all []mimic.Admission) {
	for _, subject := range subjects {
		all = append(all, mimic.Admission{SubjectID: subject, HadmID: subject})
	}
	return all
}

// The list has the rows of the notes that are read, in the order of the table.
func TestCoreNotes(t *testing.T) {
	other := reported(9, 1, 1, "of another category")
	other.Category = "Discharge summary "
	in := func() stages.Inputs {
		return inParts(t, 3, admissionsOf(1, 2, 3), []mimic.Note{
			reported(1, 1, 7, "twice"), reported(2, 2, 5, "once"), reported(3, 3, 6, "twice"),
			reported(4, 2, 0, "without a day"), reported(5, 2, 5, ""), reported(6, 4, 5, "of no admission"), other,
		})
	}
	for quirks, want := range map[string][]int64{
		"":                            {2, 1, 4},
		"drop_duplicate_texts: false": {2, 3, 1, 4},
		"pandas_order: false":         {4, 2, 1},
	} {
		d := stagetest.Run(t, "text.core_notes", "{recipe: core, quirks: {"+quirks+"}}", in())
		var rows []int64
		if err := d.ReadJSON(t.Context(), "notes.json", &rows); err != nil || !slices.Equal(rows, want) {
			t.Errorf("%s: rows %v, want %v: %v", quirks, rows, want, err)
		}
		wantCounts(t, d, map[string]int64{"read": 4, "kept": int64(len(want)), "duplicates": int64(4 - len(want))})
	}
}

// MIMIC-IV's notes have a time in place of the day.
func TestCoreNotesOfMIMICIV(t *testing.T) {
	late, early := reported(1, 1, 0, "late"), reported(2, 2, 0, "early")
	late.Charttime, early.Charttime = 9, 8
	d := stagetest.Run(t, "text.core_notes", "{recipe: core}", inParts(t, 2, admissionsOf(1, 2), []mimic.Note{late, early}))
	var rows []int64
	if err := d.ReadJSON(t.Context(), "notes.json", &rows); err != nil || !slices.Equal(rows, []int64{2, 1}) {
		t.Errorf("rows %v: %v", rows, err)
	}
}

// An addendum has no text of its own, and neither has a note that is neither.
func TestAdmissionsWithoutAReport(t *testing.T) {
	addendum, neither := reported(1, 1, 5, "Chief Complaint: ill\n\nSex:"), reported(2, 2, 5, "Chief Complaint: well\n\nSex:")
	addendum.NoteType, neither.NoteType = mimic.Addendum, ""
	in := inParts(t, 1, admissionsOf(1, 2), []mimic.Note{addendum, neither})
	config := "{recipe: core}"
	in["core_notes"] = []*dataset.Dataset{stagetest.Run(t, "text.core_notes", config, in)}
	wantCounts(t, stagetest.Run(t, "text.admission", config, in), map[string]int64{"read": 2, "kept": 0, "dropped.no_report": 2})
}

// What was made by another recipe is refused, when it is read and before anything runs.
func TestRecipesThatDoNotFit(t *testing.T) {
	in := inParts(t, 2, admissionsOf(1), []mimic.Note{reported(1, 1, 5, "Chief Complaint: ill\n\nSex:")})
	listed := func(config string) stages.Inputs {
		return stages.Inputs{"patients": in["patients"], "core_notes": {stagetest.Run(t, "text.core_notes", config, in)}}
	}
	clinical := stages.Inputs{"texts": {stagetest.Run(t, "text.admission", "{}", in)}}
	for _, c := range []struct {
		stage, config string
		in            stages.Inputs
		code          exit.Code
		words         []string
	}{
		{"text.admission", "{recipe: core}", in, exit.Usage, []string{"recipe core", "text.core_notes"}},
		{"text.admission", "{}", listed("{recipe: core}"), exit.Usage, []string{"recipe clinical", "leave the port out"}},
		{"text.admission", "{recipe: core}", listed("{recipe: core, quirks: {read_errors: false}}"), exit.BadData, []string{"core_notes", "core -read_errors, version 1"}},
		{"text.without_deaths", "{recipe: core}", clinical, exit.BadData, []string{"texts", "recipe clinical", "this step has core"}},
		{"text.admission", "{quirks: {header_anywhere: true}}", in, exit.Usage, []string{"header_anywhere", "core_sections"}},
		{"text.admission", "{recipe: core, quirks: {core_sections: false, header_anywhere: false}}", in, exit.Usage, []string{"strict_double_newline", "core_sections"}},
	} {
		_, err := stagetest.Try(t, c.stage, c.config, c.in)
		stagetest.WantCode(t, err, c.code)
		for _, words := range c.words {
			if !strings.Contains(err.Error(), words) {
				t.Errorf("%s %s: %q does not say %q", c.stage, c.config, err, words)
			}
		}
	}
}

// built is a stage of its configuration, as a step of a DAG.
func built(t *testing.T, stage, config string, in stages.Givers) *stages.Giver {
	t.Helper()
	spec, _ := stages.Default.Lookup(stage)
	b, err := spec.Build(stages.Default, stagetest.Resolve(t, spec.Config(), config))
	if err != nil {
		t.Fatal(err)
	}
	return &stages.Giver{Step: "step", Stage: spec, Built: b, In: in}
}

func TestLintOfRecipes(t *testing.T) {
	const core, less = "{recipe: core}", "{recipe: core, quirks: {death_filters: false}}"
	listed := func(config string) stages.Givers {
		return stages.Givers{"core_notes": {built(t, "text.core_notes", config, nil)}}
	}
	texts := func(config string) stages.Givers {
		return stages.Givers{"texts": {built(t, "text.admission", config, nil)}}
	}
	for _, c := range []struct {
		stage, config string
		in            stages.Givers
		key           string // of the one fault
	}{
		{"text.core_notes", core, nil, ""},
		{"text.core_notes", "{}", nil, "recipe"},
		{"text.admission", "{}", nil, ""},
		{"text.admission", core, listed(core), ""},
		{"text.admission", core, nil, "in.core_notes"},
		{"text.admission", "{}", listed(core), "in.core_notes"},
		{"text.admission", core, listed(less), "in.core_notes"},
		{"text.without_deaths", core, texts(core), ""},
		{"text.without_deaths", core, texts("{}"), "in.texts"},
		{"text.without_deaths", less, texts(less), "quirks.death_filters"},
	} {
		g := built(t, c.stage, c.config, c.in)
		faults := g.Built.(stages.Checked).Check(t.Context(), c.in)
		switch {
		case c.key == "" && len(faults) > 0, c.key != "" && (len(faults) != 1 || faults[0].Key != c.key):
			t.Errorf("%s %s: %v, want a fault of %q", c.stage, c.config, faults, c.key)
		}
	}
}
