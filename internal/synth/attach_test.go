package synth

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// attached writes a tree around the tables of o.Attach.
func attached(t *testing.T, o Options) string {
	t.Helper()
	path := t.TempDir()
	dir, err := store.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Generate(t.Context(), o, dir); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEveryGivenAdmissionGetsASummary(t *testing.T) {
	given := makeTree(t, Options{Patients: 300, Seed: 41})
	root := attached(t, Options{Attach: given, RadiologyPerAdmission: 2, Seed: 42, Patients: -1})
	admissions := index(t, given, "hosp/admissions.csv.gz", "hadm_id")
	sexes := index(t, given, "hosp/patients.csv.gz", "subject_id")
	written := map[string]int{}
	for _, note := range readTable(t, root, "note/discharge.csv.gz") {
		a := admissions[note["hadm_id"]]
		if a == nil || a["subject_id"] != note["subject_id"] || !strings.HasPrefix(note["note_id"], note["subject_id"]+"-"+note["note_type"]) {
			t.Fatalf("%s belongs to no admission", note["note_id"])
		}
		if note["charttime"][:10] != a["dischtime"][:10] {
			t.Errorf("%s is not charted at the day of discharge", note["note_id"])
		}
		if note["note_type"] == "AD" {
			continue
		}
		written[note["hadm_id"]]++
		if body := sections(t, note["text"]); strings.TrimSpace(body["History of Present Illness:"]) == "" {
			t.Errorf("%s has no present illness", note["note_id"])
		} else if !strings.Contains(body["Date of Birth:"], "Sex:   "+sexes[a["subject_id"]]["gender"]) {
			t.Errorf("%s has another sex", note["note_id"])
		}
	}
	for hadm := range admissions {
		if written[hadm] != 1 {
			t.Errorf("hadm_id %s has %d summaries", hadm, written[hadm])
		}
	}
	reports := readTable(t, root, "note/radiology.csv.gz")
	if want := 2 * len(admissions); len(reports) < want*8/10 || len(reports) > want*12/10 {
		t.Errorf("%d reports for %d admissions", len(reports), len(admissions))
	}
	for _, note := range reports {
		if a := admissions[note["hadm_id"]]; note["hadm_id"] != "" && (a == nil || a["subject_id"] != note["subject_id"]) {
			t.Fatalf("%s belongs to no admission", note["note_id"])
		}
	}
}

// TestGivenTablesAreCopied: byte for byte, gzipped or plain, and nothing else.
func TestGivenTablesAreCopied(t *testing.T) {
	given := makeTree(t, Options{Patients: 20, Seed: 43})
	unpack(t, given, "hosp/diagnoses_icd", func(text string) string { return strings.ToUpper(text) })
	root := attached(t, Options{Attach: given, Seed: 44})
	want := []string{"factors.csv.gz", "hosp/admissions.csv.gz", "hosp/diagnoses_icd.csv", "hosp/patients.csv.gz", "hosp/procedures_icd.csv.gz",
		"icu/icustays.csv.gz", "icu/procedureevents.csv.gz", "note/discharge.csv.gz", "note/radiology.csv.gz"}
	dir, err := store.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	infos, err := dir.List(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, info := range infos {
		names = append(names, info.Name)
		if strings.HasPrefix(info.Name, "note/") || info.Name == FactorsFile {
			continue
		}
		if !bytes.Equal(file(t, given, info.Name), file(t, root, info.Name)) {
			t.Errorf("%s is no copy", info.Name)
		}
	}
	if !slices.Equal(names, want) {
		t.Errorf("files %v", names)
	}
}

func file(t *testing.T, root, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// unpack replaces a gzipped table by a plain one with a changed text.
func unpack(t *testing.T, root, name string, change func(string) string) {
	t.Helper()
	text := change(string(plain(t, root, name+".csv.gz")))
	if err := os.WriteFile(filepath.Join(root, name+".csv"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(root, name+".csv.gz")); err != nil {
		t.Fatal(err)
	}
}

func TestAttachedBytesDependOnNothingElse(t *testing.T) {
	given := makeTree(t, Options{Patients: 200, Seed: 45})
	made := func(seed int64, procs int) []byte {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		root := attached(t, Options{Attach: given, RadiologyPerAdmission: 1, Seed: seed})
		return slices.Concat(file(t, root, "note/discharge.csv.gz"), file(t, root, "note/radiology.csv.gz"), file(t, root, FactorsFile))
	}
	first := made(1, 1)
	if !bytes.Equal(first, made(1, 4)) {
		t.Error("the number of processors changes the bytes")
	}
	for _, table := range givenTables {
		unpack(t, given, table.file, shuffled)
	}
	if !bytes.Equal(first, made(1, 2)) {
		t.Error("the order of rows changes the bytes")
	}
	if bytes.Equal(first, made(2, 2)) {
		t.Error("the seed changes nothing")
	}
}

// shuffled puts a table's rows into another order.
func shuffled(text string) string {
	lines := strings.SplitAfter(text, "\n")
	rows := lines[1 : len(lines)-1]
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	return strings.Join(lines, "")
}

// TestFirstStayDecides: ventilation in a later ICU stay, of another kind or
// without an end does not count.
func TestFirstStayDecides(t *testing.T) {
	g := newGivenTree()
	take := func(table int, rows ...string) {
		for _, row := range rows {
			c := cells{names: givenTables[table].columns, fields: strings.Split(row, ",")}
			if givenTables[table].take(g, &c); c.fault != "" {
				t.Fatalf("%s: %s", row, c.fault)
			}
		}
	}
	take(0, "1,M")
	take(1, "1,10,2150-01-01 00:00:00,2150-01-20 00:00:00,HOME,0", "1,11,2151-01-01 00:00:00,,,")
	take(2, "10,0389,9", "10,E8889 ,9", "10,A41,9", "99,0389,9", "11,A419,10")
	take(4, "10,102,2150-01-05 00:00:00", "10,103,2150-01-02 00:00:00", "10,101,2150-01-02 00:00:00", "99,104,2150-01-02 00:00:00", "10,100,")
	take(5, "225792,101,2150-01-04 00:00:00,2150-01-05 00:00:00", "225792,101,2150-01-02 00:00:00,2150-01-03 00:00:00",
		"225792,102,2150-01-05 00:00:00,2150-01-15 00:00:00", "225794,101,2150-01-02 00:00:00,2150-01-15 00:00:00",
		"225792,101,2150-01-02 00:00:00,", "224263,101,not read,", "225792,104,2150-01-02 00:00:00,2150-01-15 00:00:00")
	a, b := &g.admissions[0], &g.admissions[1]
	if a.stay != 101 || a.ventEnd-a.ventStart != 3*day || a.ventilation() != ventShort {
		t.Errorf("stay %d, ventilated for %d s", a.stay, a.ventEnd-a.ventStart)
	}
	if b.died != flagUnknown || b.ventilation() != ventNone || b.discharge != 0 {
		t.Errorf("%+v", b)
	}
	var names []string
	for _, i := range a.findings {
		names = append(names, conditions[findings[i].conditions[0]].name)
	}
	if !slices.Equal(names, []string{"septicemia", "unspecified fall"}) || len(b.findings) != 1 {
		t.Errorf("findings %v", names)
	}
}

// TestFindings: what shares a category is one finding.
func TestFindings(t *testing.T) {
	same := func(procedure bool, version int, a, b string) bool {
		one, oneKnown := findingOf[categoryOf(procedure, version, a)]
		other, otherKnown := findingOf[categoryOf(procedure, version, b)]
		if !oneKnown || !otherKnown {
			t.Errorf("%s or %s is no finding", a, b)
		}
		return one == other
	}
	for _, c := range []struct {
		procedure bool
		version   int
		a, b      string
		same      bool
	}{
		{false, 10, "R6521", "R6520", true}, // two conditions of one category
		{false, 9, "78552", "99592", false}, // the same two in ICD-9
		{false, 9, "486", "48242", true},    // one condition of two categories
		{false, 9, "E8889", "E8859", true},  // E codes have four characters
		{false, 9, "E8889", "E8490", false}, //
		{true, 10, "5A1D70Z", "4A023N7", false},
		{true, 10, "30233N1", "30243K1", true},
	} {
		if got := same(c.procedure, c.version, c.a, c.b); got != c.same {
			t.Errorf("%s and %s are the same finding: %v", c.a, c.b, got)
		}
	}
	if _, known := findingOf[categoryOf(true, 10, "5A1955Z")]; known {
		t.Error("ventilation is a finding: its kind is known already")
	}
	covered := map[int]int{}
	for _, f := range findings {
		for _, i := range f.conditions {
			covered[i]++
		}
	}
	for i := range conditions {
		if covered[i] != len(icdVersions) {
			t.Errorf("%s is in %d findings", conditions[i].name, covered[i])
		}
	}
}

// TestAttachFindsTablesByTheirOtherNames: MIMIC-IV 1.0 has a folder core/, and
// MIMIC-III's files are written in small letters too.
func TestAttachFindsTablesByTheirOtherNames(t *testing.T) {
	for _, c := range []struct {
		release string
		names   map[string]string // by the old ones
		notes   string
	}{
		{ReleaseIV, map[string]string{"hosp/patients.csv.gz": "core/patients.csv.gz", "hosp/admissions.csv.gz": "core/admissions.csv.gz"}, "note/discharge.csv.gz"},
		{ReleaseIII, map[string]string{"ADMISSIONS.csv.gz": "admissions.csv.gz", "ICUSTAYS.csv.gz": "icustays.csv.gz"}, "NOTEEVENTS.csv.gz"},
	} {
		given := makeTree(t, Options{Release: c.release, Patients: 30, Seed: 47})
		want := readTable(t, attached(t, Options{Release: c.release, Attach: given, Seed: 48}), c.notes)
		for old, name := range c.names {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(given, name)), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(filepath.Join(given, old), filepath.Join(given, name)); err != nil {
				t.Fatal(err)
			}
		}
		root := attached(t, Options{Release: c.release, Attach: given, Seed: 48})
		if diff := cmp.Diff(want, readTable(t, root, c.notes)); diff != "" || len(want) < 20 {
			t.Errorf("%s: %d notes, or others with other names", c.release, len(want))
		}
		for _, name := range c.names {
			file(t, root, name)
		}
	}
}

func TestAttachRefusesMissingTables(t *testing.T) {
	given := makeTree(t, Options{Patients: 5, Seed: 46})
	for _, name := range []string{"icu/icustays", "hosp/patients"} {
		if err := os.Remove(filepath.Join(given, name+".csv.gz")); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Write(t.Context(), Options{Attach: given}, nil)
	if exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "icu/icustays.csv.gz") || !strings.Contains(err.Error(), "hosp/patients.csv.gz") || strings.Contains(err.Error(), "admissions") {
		t.Errorf("error %v, want one that names the missing tables", err)
	}
}

func TestAttachRefusesTwoFilesOfOneTable(t *testing.T) {
	given := makeTree(t, Options{Patients: 5, Seed: 46})
	packed := file(t, given, "icu/icustays.csv.gz")
	unpack(t, given, "icu/icustays", func(text string) string { return text })
	if err := os.WriteFile(filepath.Join(given, "icu", "icustays.csv.gz"), packed, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Write(t.Context(), Options{Attach: given}, nil)
	if exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "icu/icustays.csv.gz and icu/icustays.csv are both there") {
		t.Errorf("error %v, want one that names both files", err)
	}
}

// TestAttachNamesMalformedRows: file and row, never what stands there.
func TestAttachNamesMalformedRows(t *testing.T) {
	const secret = "zqsecret"
	for name, c := range map[string]struct{ table, row, says string }{
		"id":               {"hosp/patients", secret + ",F,40,2150,2011 - 2013,", "subject_id"},
		"gender":           {"hosp/patients", "1," + secret + ",40,2150,2011 - 2013,", "gender"},
		"fields":           {"hosp/patients", "1," + secret, "field_count"},
		"time":             {"hosp/admissions", "1,2," + secret + ",,,,,,,,,,,,,0", "admittime"},
		"short time":       {"hosp/admissions", "1,2,2150-1-01 00:00:00,,,,,,,,,,,,,0", "admittime"},
		"no time":          {"hosp/admissions", "1,2,,,,,,,,,,,,,,0", "admittime"},
		"flag":             {"hosp/admissions", "1,2,2150-01-01 00:00:00,,,,,,,,,,,,," + secret, "hospital_expire_flag"},
		"unknown patient":  {"hosp/admissions", "1,2,2150-01-01 00:00:00,,,,,,,,,,,,,0", "no row in the table of patients"},
		"version":          {"hosp/diagnoses_icd", "1,2,1,0389," + secret, "icd_version"},
		"code's admission": {"hosp/procedures_icd", "1,-2,1,,3893,9", "hadm_id"},
		"stay":             {"icu/icustays", "1,2," + secret + ",,,,,", "stay_id"},
		"event":            {"icu/procedureevents", "1,2,3,,,," + ",225792,,,,,,,,,,,,,," + secret, "starttime"},
		"III's id":         {"PATIENTS", "1," + secret + ",F,,,,,0", "subject_id"},
		"III's time":       {"ADMISSIONS", "1,1,2," + secret + strings.Repeat(",", 15), "admittime"},
		"III's admission":  {"DIAGNOSES_ICD", "1,1," + secret + ",1,0389", "hadm_id"},
		"III's fields":     {"PROCEDURES_ICD", "1,1,2,1,0389," + secret, "field_count"},
		"III's stay":       {"ICUSTAYS", "1,1,2," + secret + strings.Repeat(",", 8), "stay_id"},
		"III's event":      {"PROCEDUREEVENTS_MV", "1,1,2,3," + secret + ",,225792" + strings.Repeat(",", 18), "starttime"},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Patients: 2, Seed: 47}
			if strings.HasPrefix(name, "III") {
				o.Release = ReleaseIII
			}
			given := makeTree(t, o)
			if name == "event" {
				c.row = strings.Replace(c.row, "1,2,3,,,", "1,2,3,,"+secret+",", 1)
			}
			rows := int64(0)
			unpack(t, given, c.table, func(text string) string {
				rows = int64(strings.Count(text, "\n"))
				return text + c.row + "\n"
			})
			_, err := Write(t.Context(), Options{Release: o.Release, Attach: given}, nil)
			want := c.table + ".csv: row " + itoa(rows) + ": "
			if exit.Of(err) != exit.BadData || !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), secret) {
				t.Errorf("error %v, want %s… %s", err, want, c.says)
			}
		})
	}
}

func TestAttachRefusesARepeatedAdmission(t *testing.T) {
	given := makeTree(t, Options{Patients: 5, Seed: 48})
	unpack(t, given, "hosp/admissions", func(text string) string {
		return text + strings.SplitAfter(text, "\n")[1]
	})
	if _, err := Write(t.Context(), Options{Attach: given}, nil); exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), "repeated hadm_id") {
		t.Errorf("error %v", err)
	}
}

func TestOutMustNotLieInTheAttachedFolder(t *testing.T) {
	given := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(given, link); err != nil {
		t.Fatal(err)
	}
	for out, sound := range map[string]bool{
		given: false, given + "/deep/er": false, link: false, link + "/new": false, given + "/../" + filepath.Base(given): false,
		given + "-beside": true, filepath.Dir(given): true, t.TempDir(): true,
	} {
		for _, from := range []string{given, "file://" + given, link} {
			if err := (Options{Attach: from}).CheckOut(out); (err == nil) != sound || !sound && exit.Of(err) != exit.Usage {
				t.Errorf("%s for %s: error %v", out, from, err)
			}
		}
	}
	dir, err := store.Open(given)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Generate(t.Context(), Options{Attach: link}, dir); exit.Of(err) != exit.Usage {
		t.Errorf("error %v, want one of wrong usage", err)
	}
}

func TestAFailedAttachCommitsNothing(t *testing.T) {
	given := makeTree(t, Options{Patients: 200, Seed: 49})
	for _, full := range []string{"note/discharge.csv.gz", "icu/icustays.csv.gz"} {
		committed := 0
		_, err := Write(t.Context(), Options{Attach: given}, func(name string) (store.File, error) {
			left := 1 << 40
			if name == full {
				left = 100
			}
			return &discard{left: left, committed: &committed}, nil
		})
		if err == nil || committed > 0 {
			t.Errorf("%s: %d files committed, error %v", full, committed, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	committed := 0
	if _, err := Write(ctx, Options{Attach: given}, func(string) (store.File, error) {
		return &discard{left: 1 << 40, committed: &committed}, nil
	}); !errors.Is(err, context.Canceled) || committed > 0 {
		t.Errorf("cancelled: %d files committed, error %v", committed, err)
	}
}
