package recipe_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/recipe"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"

	_ "github.com/clinflow/clinflow/stages/label"
	_ "github.com/clinflow/clinflow/stages/split"
	_ "github.com/clinflow/clinflow/stages/text"
)

// study is what one test of a quirk looks at: patient 1's admission 10, and what others
// there are beside it.
type study struct {
	stay  mimic.Admission
	notes []mimic.Note
	codes []mimic.Code
}

const day dataset.Time = 24 * 60 * 60 * 1e6

var admitted = dataset.Time(time.Date(2150, 1, 1, 8, 0, 0, 0, time.UTC).UnixMicro())

// note is a summary of admission 10 on a day of 2150, in the row of its place.
func note(row int64, day int, text string) mimic.Note {
	date := time.Date(2150, 1, day, 0, 0, 0, 0, time.UTC)
	return mimic.Note{
		NoteID: strconv.FormatInt(row, 10), SubjectID: 1, HadmID: 10, Category: mimic.CategoryDischargeSummary, NoteType: mimic.DischargeSummary,
		Chartdate: dataset.Time(date.UnixMicro()), Text: text, Origin: mimic.Origin{SourceRow: row},
	}
}

// of gives a note to an admission of another patient.
func of(subject int64, n mimic.Note) mimic.Note {
	n.SubjectID, n.HadmID = subject, 10*subject
	return n
}

func addendum(n mimic.Note) mimic.Note { n.NoteType = mimic.Addendum; return n }
func mistaken(n mimic.Note) mimic.Note { n.IsError = true; return n }

func coded(row int64, version int32, code string) mimic.Code {
	return mimic.Code{SubjectID: 1, HadmID: 10, SeqNum: int32(row), ICDCode: code, ICDVersion: version, Origin: mimic.Origin{SourceRow: row}}
}

func notes(all ...mimic.Note) study { return study{notes: all} }
func codes(all ...mimic.Code) study { return study{codes: all} }
func stayed(length dataset.Time) study {
	return study{stay: mimic.Admission{Dischtime: admitted + length}}
}

// yaml is the configuration of a recipe's name, as a user writes it.
func yaml(name, more string) string {
	words := strings.Fields(name)
	var quirks []string
	for _, word := range words[1:] {
		quirks = append(quirks, word[1:]+": "+strconv.FormatBool(word[0] == '+'))
	}
	return "{recipe: " + words[0] + ", quirks: {" + strings.Join(quirks, ", ") + "}" + more + "}"
}

// patients is the study's dataset, each part of it ordered as ingest leaves it.
func (s study) patients(t *testing.T) stages.Inputs {
	t.Helper()
	subjects := map[int64]bool{1: true}
	for _, n := range s.notes {
		subjects[n.SubjectID] = true
	}
	var people []mimic.Patient
	var admissions []mimic.Admission
	for subject := range subjects {
		a := mimic.Admission{AdmissionType: "EMERGENCY"}
		if subject == 1 {
			a = s.stay
		}
		a.SubjectID, a.HadmID, a.Admittime = subject, 10*subject, admitted
		admissions, people = append(admissions, a), append(people, mimic.Patient{SubjectID: subject})
	}
	d := stagetest.Dataset(t, mimic.KindPatients, 2, nil, table(mimic.TablePatients, people), table(mimic.TableAdmissions, admissions),
		table(mimic.TableNotes, s.notes), table(mimic.TableDiagnoses, s.codes), table(mimic.TableProcedures, s.codes))
	return stages.Inputs{"patients": {d}}
}

func table[R mimic.Row](name string, rows []R) stagetest.Table {
	ordered := slices.SortedStableFunc(slices.Values(rows), mimic.Compare[R])
	return stagetest.TableOf(name, ordered, func(row R) int64 { return row.Key().SubjectID })
}

// texts runs text.admission.
func texts(t *testing.T, name string, s study) *dataset.Dataset {
	t.Helper()
	in := s.patients(t)
	config, err := recipe.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := config.New(); err != nil {
		t.Fatal(err)
	} else if r.OfTable() {
		in["core_notes"] = []*dataset.Dataset{stagetest.Run(t, "text.core_notes", yaml(name, ""), in)}
	}
	return stagetest.Run(t, "text.admission", yaml(name, ""), in)
}

// text is admission 10's text, or why it has none.
func text(t *testing.T, name string, s study) string {
	t.Helper()
	d := texts(t, name, s)
	for _, row := range stagetest.Rows[task.Text](t, d, task.TableTexts) {
		if row.HadmID == 10 {
			return told(row)
		}
	}
	return dropped(d)
}

// told is a text without its empty sections.
func told(row task.Text) string {
	if row.Withdrawn {
		return "withdrawn"
	}
	var kept []string
	for _, section := range strings.Split(row.Text, "\n\n") {
		if _, body, _ := strings.Cut(section, ": "); body != "" {
			kept = append(kept, section)
		}
	}
	return strings.Join(kept, "|")
}

// dropped is the one reason that is counted.
func dropped(d *dataset.Dataset) string {
	var reasons []string
	for count, n := range d.Manifest.Counts {
		if reason, is := strings.CutPrefix(count, "dropped."); is && n > 0 {
			reasons = append(reasons, reason)
		}
	}
	return strings.Join(reasons, " ")
}

// deaths says which texts label.mortality takes, and what is left of them.
func deaths(t *testing.T, name string, s study) string {
	t.Helper()
	of, _, err := task.Of(stagetest.Run(t, "label.mortality", yaml(name, ""), s.patients(t)))
	if err != nil {
		t.Fatal(err)
	}
	if len(of.Texts.Without) == 0 {
		return "takes texts with deaths"
	}
	d := stagetest.Run(t, "text.without_deaths", yaml(name, ""), stages.Inputs{"texts": {texts(t, name, s)}})
	left := ""
	for _, row := range stagetest.Rows[task.Text](t, d, task.TableTexts) {
		left += told(row)
	}
	return "refuses texts with deaths: " + left
}

func lengthOfStay(t *testing.T, name string, s study) string {
	t.Helper()
	d := stagetest.Run(t, "label.length_of_stay", yaml(name, ""), s.patients(t))
	for _, row := range stagetest.Rows[task.Label](t, d, task.TableLabels) {
		return strconv.Itoa(int(row.Label))
	}
	return dropped(d)
}

func diagnoses(t *testing.T, name string, s study) string {
	return listed(t, "label.diagnoses", yaml(name, ", task: diag"), s)
}

func procedures(t *testing.T, name string, s study) string {
	return listed(t, "label.procedures", yaml(name, ", task: proc"), s)
}

// listed are the labels of admission 10 in the order of the label set.
func listed(t *testing.T, stage, config string, s study) string {
	t.Helper()
	in := s.patients(t)
	whole := strings.Contains(config, "core") != strings.Contains(config, "labels_of_whole_table")
	if !whole {
		in["split"] = []*dataset.Dataset{stagetest.Dataset(t, task.KindSplits, 2, map[string]any{"split": map[string]any{"name": "file"}},
			stagetest.TableOf(task.TableSplits, []task.Split{{SubjectID: 1, Split: "train"}}, func(s task.Split) int64 { return s.SubjectID }))}
		config = strings.TrimSuffix(config, "}") + ", min_count: 1}"
	}
	set := stagetest.Run(t, "label.set", config, in)
	of, _, err := task.Of(set)
	if err != nil {
		t.Fatal(err)
	}
	recipeAlone, _, _ := strings.Cut(config, ", task:")
	d := stagetest.Run(t, stage, recipeAlone+"}", stages.Inputs{"patients": in["patients"], "label_set": {set}})
	var labels []string
	for _, row := range stagetest.Rows[task.Label](t, d, task.TableLabels) {
		for _, number := range row.Labels {
			labels = append(labels, of.Labels[number])
		}
	}
	return strings.Join(labels, " ")
}
