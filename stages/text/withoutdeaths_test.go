package text_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// CORe's rules: the first phrase of a death goes from exam and medications;
// what still tells of the patient's death goes whole. Texts that stay as they are
// have no row.
func TestDeathMentions(t *testing.T) {
	const same, gone = "same", "gone"
	for name, c := range map[string]struct{ note, want string }{
		"exam":                   {"HPI:\nill\n\nPhysical Exam:\nPatient had expired by then", written("", "ill", "", "by then")},
		"exam without a subject": {"HPI:\nill\n\nPhysical Exam:\ndeceased", written("", "ill", "", "")},
		"medications":            {"HPI:\nill\n\nMedications on Admission:\naspirin, pt passed away", written("", "ill", "aspirin,", "")},
		"exam and medications":   {"HPI:\nill\n\nMedications on Admission:\npt died\n\nPhysical Exam:\ndied", written("", "ill", "", "")},
		"exam twice":             {"HPI:\nill\n\nPhysical Exam:\npt died, patient died", gone},
		"illness":                {"HPI:\nthe outpatient  Died", gone},
		"pronoun":                {"HPI:\nshe expired", gone},
		"pronounced":             {"HPI:\nPronounced expired", gone},
		"time of death":          {"HPI:\nTime of Death noted", gone},
		"another's death":        {"HPI:\nher father died", same},
		"no death":               {"HPI:\nill", same},
	} {
		in := patients(t, []mimic.Admission{{SubjectID: 1, HadmID: 10, Admittime: 5e15}}, []mimic.Note{summary(1, 10, 1, c.note)})
		texts := stagetest.Run(t, "text.admission", "{}", in)
		if kept := textsOf(t, texts); len(kept) != 1 || kept[0].Withdrawn {
			t.Errorf("%s: the texts have no such text", name)
		}
		var want []task.Text
		counts := map[string]int64{"read": 1, "edited": 0, "withdrawn": 0}
		row := task.Text{TextID: "10", SubjectID: 1, HadmID: 10, PredictionTime: 5e15}
		switch c.want {
		case same:
		case gone:
			row.Withdrawn = true
			want, counts["withdrawn"] = append(want, row), 1
		default:
			row.Text = c.want
			want, counts["edited"] = append(want, row), 1
		}
		d := stagetest.Run(t, "text.without_deaths", "{}", stages.Inputs{"texts": {texts}})
		if diff := cmp.Diff(want, textsOf(t, d)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		wantCounts(t, d, counts)
	}
}

// What is laid over the texts is no text to take deaths out of: what it withdraws would
// not be withdrawn by the outcome.
func TestWithdrawnTextsAreRefused(t *testing.T) {
	rows := []task.Text{{TextID: "10", SubjectID: 1, HadmID: 10, Withdrawn: true}}
	d := stagetest.Dataset(t, task.KindTexts, 1, nil, stagetest.TableOf(task.TableTexts, rows, func(x task.Text) int64 { return x.SubjectID }))
	_, err := stagetest.Try(t, "text.without_deaths", "{}", stages.Inputs{"texts": {d}})
	stagetest.WantCode(t, err, exit.Usage)
}

// The rules are about sections, which other texts do not have.
func TestTextsWithoutSectionsAreRefused(t *testing.T) {
	rows := []task.Text{{TextID: "a", SubjectID: 1, Text: "Patient died."}}
	d := stagetest.Dataset(t, task.KindTexts, 1, nil, stagetest.TableOf(task.TableTexts, rows, func(x task.Text) int64 { return x.SubjectID }))
	_, err := stagetest.Try(t, "text.without_deaths", "{}", stages.Inputs{"texts": {d}})
	stagetest.WantCode(t, err, exit.BadData)
}
