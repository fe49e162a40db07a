package recipe_test

import (
	"fmt"
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

// ties are twenty reports of one day, of which admission 10 has the second and the third.
// pandas turns most of them round, the two among them.
func ties() study {
	s := notes(note(2, 5, "Chief Complaint: one\n\nSex:"), note(3, 5, "Chief Complaint: two\n\nSex:"))
	for _, row := range []int64{1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20} {
		s.notes = append(s.notes, of(row+1, note(row, 5, fmt.Sprintf("Chief Complaint: of %d\n\nSex:", row))))
	}
	return s
}

// What each quirk does: in core, in core without it, and in clinical.
var quirks = []struct {
	name     string
	of       func(*testing.T, string, study) string
	in       study
	on       string // with the quirk: core
	off      string // core without it
	clinical string
}{
	{"read_addenda", text, notes(note(1, 2, "Chief Complaint: ill\n\nSex:"), addendum(note(2, 3, "Allergies: sulfa\n\nSex:"))), "CHIEF COMPLAINT: ill|ALLERGIES: sulfa", "CHIEF COMPLAINT: ill", "CHIEF COMPLAINT: ill"},
	{"read_errors", text, notes(mistaken(note(1, 2, "Chief Complaint: ill\n\nSex:"))), "CHIEF COMPLAINT: ill", "no_discharge_summary", "no_discharge_summary"},
	{"drop_newborns", text, study{stay: mimic.Admission{AdmissionType: "NEWBORN"}, notes: []mimic.Note{note(1, 2, "Chief Complaint: birth\n\nSex:")}}, "newborn", "CHIEF COMPLAINT: birth", "CHIEF COMPLAINT: birth"},
	{"pandas_order", text, ties(), "CHIEF COMPLAINT: two", "CHIEF COMPLAINT: one", "CHIEF COMPLAINT: one"},
	{"drop_duplicate_texts", text, notes(note(1, 2, "Chief Complaint: ill\n\nSex:"), of(2, note(2, 3, "Chief Complaint: ill\n\nSex:"))), "no_discharge_summary", "CHIEF COMPLAINT: ill", "CHIEF COMPLAINT: ill"},
	{"join_notes", text, notes(note(1, 2, "Chief Complaint: ill\n\nFamily History: gout"), note(2, 3, "born here\n\nSex: F")), "CHIEF COMPLAINT: ill|FAMILY HISTORY: gout  born here", "CHIEF COMPLAINT: ill", "CHIEF COMPLAINT: ill|FAMILY HISTORY: gout"},
	{"core_sections", text, notes(note(1, 2, "Chief Complaint: ill\n\nPhysical Exam: pale\n\nHEENT: dry\n\nBrief Hospital Course: well")), "CHIEF COMPLAINT: ill|PHYSICAL EXAM: pale", "CHIEF COMPLAINT: ill|PHYSICAL EXAM: pale HEENT: dry", "CHIEF COMPLAINT: ill|PHYSICAL EXAM: pale HEENT: dry"},
	{"header_anywhere", text, notes(note(1, 2, "Chief Complaint: ill, see the past medical history: long\n\nPast Medical History: gout\n\nSex:")), "CHIEF COMPLAINT: ill, see the past medical history: long|MEDICAL HISTORY: long", "CHIEF COMPLAINT: ill, see the past medical history: long|MEDICAL HISTORY: gout", "CHIEF COMPLAINT: ill, see the past medical history: long|MEDICAL HISTORY: gout"},
	{"strict_double_newline", text, notes(note(1, 2, "Chief Complaint: ill\n \nService: MED\n\nSex:")), "CHIEF COMPLAINT: ill   Service: MED", "CHIEF COMPLAINT: ill", "CHIEF COMPLAINT: ill"},
	{"death_filters", deaths, notes(note(1, 2, "Chief Complaint: pt died\n\nSex:")), "refuses texts with deaths: withdrawn", "takes texts with deaths", "refuses texts with deaths: withdrawn"},
	{"death_phrase_anywhere", deaths, notes(note(1, 2, "Chief Complaint: ill, physical exam: pt died\n\nSex:")), "refuses texts with deaths: CHIEF COMPLAINT: ill, physical exam: ", "refuses texts with deaths: withdrawn", "refuses texts with deaths: withdrawn"},
	{"rounded_stay", lengthOfStay, stayed(3*day + day/20), "0", "1", "1"},
	{"negative_stays", lengthOfStay, stayed(-day), "0", "dischtime_before_admittime", "dischtime_before_admittime"},
	{"v_codes_4", diagnoses, codes(coded(1, 9, "V4581"), coded(2, 10, "V4581XA")), "V458 10:V45", "V45 10:V45", "10:V45 9:V45"},
	{"integer_procedure_codes", procedures, codes(coded(1, 9, "0331"), coded(2, 9, "0040"), coded(3, 10, "0040X0Z")), "331 40 10:004", "033 004 10:004", "10:004 9:004 9:033"},
	{"bare_codes", diagnoses, codes(coded(1, 9, "4280"), coded(2, 10, "I509")), "428 10:I50", "9:428 10:I50", "10:I50 9:428"},
	{"labels_of_whole_table", diagnoses, codes(coded(2, 9, "4280"), coded(1, 9, "5849")), "584 428", "428 584", "9:428 9:584"},
}

// Each quirk is a switch of its own: it changes what it says, and nothing where it is
// off. What it changes is what tells core from clinical.
func TestEachQuirkTellsCoreFromClinical(t *testing.T) {
	var tested []string
	for _, q := range quirks {
		tested = append(tested, q.name)
		t.Run(q.name, func(t *testing.T) {
			for name, want := range map[string]string{"core": q.on, "core -" + q.name: q.off, "clinical": q.clinical} {
				if got := q.of(t, withNeeded(name), q.in); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			if got := q.of(t, withNeeded("clinical +"+q.name), q.in); (got == q.clinical) != (q.name == "death_filters") {
				t.Errorf("clinical with it: %q", got)
			}
			if q.on == q.off || q.on == q.clinical && q.name != "death_filters" { // clinical has these too
				t.Error("the quirk makes no difference")
			}
		})
	}
	if keys := (recipe.Overrides{}).Fields().Keys(); !slices.Equal(keys, tested) {
		t.Errorf("the quirks are %v, tested are %v", keys, tested)
	}
}

// withNeeded adds what a quirk makes no sense without.
func withNeeded(name string) string {
	return strings.NewReplacer(
		"-core_sections", "-core_sections -header_anywhere -strict_double_newline",
		"+header_anywhere", "+core_sections +header_anywhere",
		"+strict_double_newline", "+core_sections +strict_double_newline",
	).Replace(name)
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
