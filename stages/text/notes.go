package text

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages/recipe"
	"github.com/clinflow/clinflow/stages/text/sections"
	"github.com/clinflow/clinflow/task"
)

// Summary is what is read of a note, most often a discharge summary.
type Summary struct {
	SubjectID int64        `parquet:"subject_id"`
	HadmID    int64        `parquet:"hadm_id,optional"`
	Category  string       `parquet:"category,optional"`
	NoteType  string       `parquet:"note_type,optional"`
	NoteSeq   int32        `parquet:"note_seq"`
	Chartdate dataset.Time `parquet:"chartdate,optional"`
	Charttime dataset.Time `parquet:"charttime,optional"`
	IsError   bool         `parquet:"iserror"`
	Text      string       `parquet:"text,plain"`
	SourceRow int64        `parquet:"source_row"`
}

// Key orders summaries by admission, as the notes' table is.
func (s Summary) Key() mimic.Key { return mimic.Key{SubjectID: s.SubjectID, HadmID: s.HadmID} }

// day is the day of a summary. MIMIC-IV has times in its place.
func (s Summary) day() dataset.Time { return cmp.Or(s.Chartdate, s.Charttime) }

// reads says whether a recipe reads a note, whatever the others say.
func reads(r recipe.Recipe, n *Summary) bool {
	return n.Category == mimic.CategoryDischargeSummary && (r.ReadAddenda || n.NoteType != mimic.Addendum) && (r.ReadErrors || !n.IsError)
}

func isReport(s Summary) bool { return s.NoteType == mimic.DischargeSummary }

// newborn is the type of admission of those who are born in it.
const newborn = "NEWBORN"

// excludes says why a recipe makes no text of an admission, "" where it does.
func excludes(r recipe.Recipe, a *mimic.Admission) string {
	if r.DropNewborns && a.AdmissionType == newborn {
		return "newborn"
	}
	return ""
}

// InOrder orders the summaries of an admission where no others have a say in it.
func InOrder(a, b Summary) int {
	return cmp.Or(cmp.Compare(a.NoteSeq, b.NoteSeq), cmp.Compare(a.day(), b.day()), cmp.Compare(a.SourceRow, b.SourceRow))
}

// Of is the text of an admission with these summaries, in their order, or the reason
// why there is none.
func Of(r recipe.Recipe, a *mimic.Admission, summaries []Summary) (t task.Text, dropped string) {
	switch {
	case excludes(r, a) != "":
		return t, excludes(r, a)
	case len(summaries) == 0:
		return t, "no_discharge_summary"
	case r.ReadAddenda && !slices.ContainsFunc(summaries, isReport):
		return t, "no_report"
	}
	note := noteOf(r, summaries)
	if !note.Usable() {
		return t, "no_admission_sections"
	}
	return task.Text{
		TextID: strconv.FormatInt(a.HadmID, 10), SubjectID: a.SubjectID, HadmID: a.HadmID,
		PredictionTime: a.Admittime, Text: note.Text(),
	}, ""
}

// noteOf is what the summaries say of the admission.
func noteOf(r recipe.Recipe, summaries []Summary) (note sections.Note) {
	if r.JoinNotes {
		texts := make([]string, len(summaries))
		for i := range summaries {
			texts[i] = summaries[i].Text
		}
		return r.Sections(sections.Strip(strings.Join(texts, "\n\n")))
	}
	for i := range summaries {
		note.Fill(r.Sections(summaries[i].Text))
	}
	return note
}
