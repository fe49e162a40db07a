package synth

import (
	"bytes"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
)

// iiiDemo is the tables of the MIMIC-III demo 1.4, which has no notes.
const iiiDemo = "../../stages/label/testdata/mimiciii-demo-1.4"

// TestTreeOfIII looks at a tree of more than two thousand admissions.
func TestTreeOfIII(t *testing.T) {
	root := makeTree(t, Options{Release: ReleaseIII, Patients: 1600, Seed: 5, RadiologyPerAdmission: 1, CoreLists: true})
	for name, look := range map[string]func(t *testing.T, root string){
		"quirks": everyQuirkIsPlanted, "tables": rowsBelongTogether, "notes": notesAreOfIII, "stays": staysAreAtTheLimits, "lists": listsPartPatients,
	} {
		t.Run(name, func(t *testing.T) { look(t, root) })
	}
}

// planted are the admissions of each quirk.
func planted(t *testing.T, root string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, row := range readTable(t, root, QuirksFile) {
		found[row["quirk"]] = append(found[row["quirk"]], row["hadm_id"])
	}
	return found
}

// everyQuirkIsPlanted: often enough in a tree of two thousand admissions that a
// recipe that misses one cannot pass by luck.
func everyQuirkIsPlanted(t *testing.T, root string) {
	if n := len(readTable(t, root, "ADMISSIONS.csv.gz")); n < 2000 {
		t.Fatalf("%d admissions", n)
	}
	found := planted(t, root)
	for _, name := range Quirks() {
		if len(found[name]) < 8 {
			t.Errorf("%s is planted %d times", name, len(found[name]))
		}
		delete(found, name)
	}
	if len(found) > 0 {
		t.Errorf("not listed: %v", slices.Collect(maps.Keys(found)))
	}
	names := Quirks()
	slices.Sort(names)
	if unique := slices.Compact(slices.Clone(names)); len(unique) != len(names) {
		t.Error("a name stands twice")
	}
}

// TestAttachedQuirksOfNotes: the demo has too few admissions for many turns, but each
// quirk has one.
func TestAttachedQuirksOfNotes(t *testing.T) {
	root := attached(t, Options{Release: ReleaseIII, Attach: iiiDemo, Seed: 5, CoreLists: true})
	found := planted(t, root)
	for i := range noteQuirks {
		if len(found[noteQuirks[i].name]) == 0 {
			t.Errorf("%s is not planted", noteQuirks[i].name)
		}
	}
	if len(found) != len(noteQuirks) {
		t.Errorf("%d quirks, of which %d are of notes", len(found), len(noteQuirks))
	}
	summarized := map[string]bool{}
	for _, note := range readTable(t, root, "NOTEEVENTS.csv.gz") {
		summarized[note["HADM_ID"]] = true
	}
	for _, a := range readTable(t, root, "ADMISSIONS.csv.gz") {
		if hadm := a["hadm_id"]; !summarized[hadm] && !slices.Contains(found["hadm_id_null"], hadm) && !slices.Contains(found["hadm_id_unknown"], hadm) {
			t.Errorf("hadm_id %s has no note", hadm)
		}
	}
}

// rowsBelongTogether: columns, ids and null values are MIMIC-III's, and rows belong
// together.
func rowsBelongTogether(t *testing.T, root string) {
	admissions := index(t, root, "ADMISSIONS.csv.gz", "HADM_ID")
	for hadm := range admissions {
		if n, err := strconv.Atoi(hadm); err != nil || n < 100_000 || n >= 200_000 {
			t.Fatalf("hadm_id %s", hadm)
		}
	}
	for _, table := range []table{iiiPatients, iiiAdmissions, iiiDiagnoses, iiiProcedures, iiiStays, iiiEvents, iiiCharted, iiiNotes} {
		seen := map[string]bool{}
		for _, row := range readTable(t, root, files[table].name) {
			if seen[row["ROW_ID"]] {
				t.Fatalf("%s: ROW_ID %s stands twice", files[table].name, row["ROW_ID"])
			}
			seen[row["ROW_ID"]] = true
			subject, _ := strconv.Atoi(row["SUBJECT_ID"])
			if subject < 1 || subject >= 100_000 {
				t.Fatalf("%s: subject_id %d", files[table].name, subject)
			}
			if a := admissions[row["HADM_ID"]]; a != nil && a["SUBJECT_ID"] != row["SUBJECT_ID"] {
				t.Fatalf("%s: hadm_id %s is of two patients", files[table].name, row["HADM_ID"])
			}
		}
	}
	for _, code := range readTable(t, root, "PROCEDURES_ICD.csv.gz") {
		if _, err := strconv.Atoi(code["ICD9_CODE"]); err != nil {
			t.Fatal("a procedure code that is no number: no script would read them as numbers then")
		}
	}
}

// notesAreOfIII: discharge summaries have a day alone, and MIMIC-III's tags.
func notesAreOfIII(t *testing.T, root string) {
	categories := map[string]int{}
	for _, note := range readTable(t, root, "NOTEEVENTS.csv.gz") {
		categories[note["CATEGORY"]]++
		if isSummary := note["CATEGORY"] == summaryCategory; isSummary != (note["CHARTTIME"] == "") && strings.ToLower(strings.TrimSpace(note["CATEGORY"])) != "discharge summary" {
			t.Errorf("%s: charted at %s", note["CATEGORY"], note["CHARTTIME"])
		}
		if strings.Contains(note["TEXT"], "___") || len(note["CHARTDATE"]) != len("2150-01-01") {
			t.Errorf("a note of MIMIC-IV, or of %s", note["CHARTDATE"])
		}
	}
	for _, category := range append(bedside, summaryCategory) {
		if categories[category] < 20 {
			t.Errorf("%d notes of %q", categories[category], category)
		}
	}
}

// staysAreAtTheLimits: the tree has stays on both sides of each limit, as it is and
// as it is rounded.
func staysAreAtTheLimits(t *testing.T, root string) {
	lengths := map[clock]bool{}
	for _, a := range readTable(t, root, "ADMISSIONS.csv.gz") {
		lengths[clock(stamp(t, a["DISCHTIME"]).Sub(stamp(t, a["ADMITTIME"])).Seconds())] = true
	}
	for _, limit := range []clock{3 * day, 7 * day, 14 * day} {
		for _, by := range []clock{0, day / 20, day/20 + 1, day/20 - 1, day/20 + minute, day/20 - minute} {
			if !lengths[limit+by] {
				t.Errorf("no stay of %d seconds", limit+by)
			}
		}
	}
}

// listsPartPatients: one row a summary, no patient in two lists, some in none.
func listsPartPatients(t *testing.T, root string) {
	list := map[string]string{}
	for _, name := range []string{"train", "val", "test"} {
		for _, row := range readTable(t, root, "core_lists/mimic_"+name+".csv") {
			if other, known := list[row["SUBJECT_ID"]]; known && other != name {
				t.Fatalf("subject_id %s is in two lists", row["SUBJECT_ID"])
			}
			list[row["SUBJECT_ID"]] = name
		}
	}
	unlisted := 0
	for _, a := range readTable(t, root, "ADMISSIONS.csv.gz") {
		if list[a["SUBJECT_ID"]] == "" {
			unlisted++
		}
	}
	if unlisted < 20 {
		t.Errorf("%d admissions of patients in no list", unlisted)
	}
}

func TestCountQuirks(t *testing.T) {
	header := files[tablePlanted].header + "\n"
	counts, err := CountQuirks(bytes.NewReader(packed(t, []byte(header+"newborn,1,100001\nnewborn,2,100002\n"))))
	if err != nil || len(counts) != 1 || counts["newborn"] != 2 {
		t.Errorf("%v, %v", counts, err)
	}
	for name, text := range map[string]string{"empty": "", "header": "subject_id\n1\n", "fields": header + "newborn\n"} {
		if _, err := CountQuirks(bytes.NewReader(packed(t, []byte(text)))); exit.Of(err) != exit.BadData {
			t.Errorf("%s: error %v, want one of bad data", name, err)
		}
	}
	if _, err := CountQuirks(strings.NewReader(header)); exit.Of(err) != exit.BadData {
		t.Errorf("not compressed: error %v, want one of bad data", err)
	}
}
