package recipe_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages/recipe"
)

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
	keys := slices.DeleteFunc((recipe.Overrides{}).Fields().Keys(), func(key string) bool {
		return strings.HasPrefix(key, "pmv_") // of one stage, which tries them: TestPMVQuirks
	})
	if !slices.Equal(keys, tested) {
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
