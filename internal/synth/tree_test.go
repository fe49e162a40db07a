package synth

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// makeTree writes a tree into a temporary folder.
func makeTree(t *testing.T, o Options) string {
	t.Helper()
	path := t.TempDir()
	dir, err := store.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	counts, err := Generate(t.Context(), o, dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, count := range counts {
		if got := int64(len(readTable(t, path, name))); got != count {
			t.Errorf("%s: %d records counted, %d written", name, count, got)
		}
	}
	return path
}

type record map[string]string

// readTable reads a table by column name.
func readTable(t *testing.T, root, name string) []record {
	t.Helper()
	header, records := readCSV(t, root, name)
	table := make([]record, len(records))
	for i, fields := range records {
		table[i] = record{}
		for j, column := range header {
			table[i][column] = fields[j]
		}
	}
	return table
}

func readCSV(t *testing.T, root, name string) (header []string, records [][]string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	var file io.Reader = bytes.NewReader(data)
	if strings.HasSuffix(name, ".gz") {
		if file, err = gzip.NewReader(file); err != nil {
			t.Fatal(err)
		}
	}
	records, err = csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return records[0], records[1:]
}

// TestHeaders compares with headers.txt: hosp and icu are the first lines of the
// MIMIC-IV demo 2.2's files, note those of MIMIC-IV-Note 2.2's table definitions.
func TestHeaders(t *testing.T) {
	root := makeTree(t, Options{Patients: 5, RadiologyPerAdmission: 1, Seed: 3})
	real, err := os.ReadFile(filepath.Join("testdata", "headers.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(real)) {
		name, want, _ := strings.Cut(strings.TrimSpace(line), " ")
		header, _ := readCSV(t, root, name)
		if got := strings.Join(header, ","); got != want {
			t.Errorf("%s: %s", name, cmp.Diff(want, got))
		}
	}
}

func TestReferencesAndTimes(t *testing.T) {
	root := makeTree(t, Options{Patients: 600, RadiologyPerAdmission: 2, Seed: 4})
	patients, admissions, stays := index(t, root, "hosp/patients.csv.gz", "subject_id"),
		index(t, root, "hosp/admissions.csv.gz", "hadm_id"), index(t, root, "icu/icustays.csv.gz", "stay_id")
	for _, a := range admissions {
		p := patients[a["subject_id"]]
		admit, discharge := stamp(t, a["admittime"]), stamp(t, a["dischtime"])
		if p == nil || !admit.Before(discharge) {
			t.Fatalf("admission %s: no patient, or discharged before it began", a["hadm_id"])
		}
		died := a["hospital_expire_flag"] == "1"
		if died != (a["discharge_location"] == "DIED") || died != (a["deathtime"] != "") {
			t.Errorf("admission %s: death is not consistent", a["hadm_id"])
		}
		if died && p["dod"] != a["deathtime"][:10] {
			t.Errorf("patient %s: dod is not the day of death", a["subject_id"])
		}
		if p["dod"] != "" && p["dod"] < a["admittime"][:10] {
			t.Errorf("patient %s: admitted after death", a["subject_id"])
		}
	}
	for _, name := range []string{"hosp/diagnoses_icd.csv.gz", "hosp/procedures_icd.csv.gz", "icu/icustays.csv.gz", "note/discharge.csv.gz", "note/radiology.csv.gz", FactorsFile} {
		for _, row := range readTable(t, root, name) {
			a := admissions[row["hadm_id"]]
			if row["hadm_id"] != "" && (a == nil || a["subject_id"] != row["subject_id"]) {
				t.Fatalf("%s: a row belongs to no admission", name)
			}
		}
	}
	for _, e := range readTable(t, root, "icu/procedureevents.csv.gz") {
		s := stays[e["stay_id"]]
		start, end := stamp(t, e["starttime"]), stamp(t, e["endtime"])
		if s == nil || start.Add(time.Minute).Before(stamp(t, s["intime"])) || end.Before(start) {
			t.Fatalf("stay %s: an event lies outside it", e["stay_id"])
		}
	}
}

// index reads a table by a key that must not repeat.
func index(t *testing.T, root, name, key string) map[string]record {
	t.Helper()
	byKey := map[string]record{}
	for _, row := range readTable(t, root, name) {
		if byKey[row[key]] != nil {
			t.Fatalf("%s: %s %s is there twice", name, key, row[key])
		}
		byKey[row[key]] = row
	}
	return byKey
}

func stamp(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.DateTime, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestQuirks holds what makes the real files hard to read.
func TestQuirks(t *testing.T) {
	root := makeTree(t, Options{Patients: 1500, RadiologyPerAdmission: 1, Seed: 5})
	has := map[string]bool{}
	for _, row := range readTable(t, root, "hosp/diagnoses_icd.csv.gz") {
		has["ICD-"+row["icd_version"]] = true
		has["leading zero"] = has["leading zero"] || row["icd_code"][0] == '0'
	}
	perPatient := map[string]int{}
	for _, row := range readTable(t, root, "hosp/admissions.csv.gz") {
		perPatient[row["subject_id"]]++
		has["readmission"] = has["readmission"] || perPatient[row["subject_id"]] > 1
		has["null destination"] = has["null destination"] || row["discharge_location"] == ""
		has["dischtime before deathtime"] = has["dischtime before deathtime"] || row["deathtime"] > row["dischtime"]
	}
	for _, row := range readTable(t, root, "note/radiology.csv.gz") {
		has["note without admission"] = has["note without admission"] || row["hadm_id"] == ""
		has["radiology "+row["note_type"]] = true
	}
	for _, row := range readTable(t, root, "note/discharge.csv.gz") {
		has["discharge "+row["note_type"]] = true
		has["blank line"] = has["blank line"] || strings.Contains(row["text"], "\n \n")
		has["empty line before heading"] = has["empty line before heading"] || strings.Contains(row["text"], "\n\nPast Medical")
		has["quote"] = has["quote"] || strings.Contains(row["text"], `"`)
	}
	for _, row := range readTable(t, root, "icu/procedureevents.csv.gz") {
		has["item "+row["itemid"]] = true
	}
	has["CRLF"] = bytes.Contains(plain(t, root, "note/discharge.csv.gz"), []byte("\r\n"))
	for _, quirk := range []string{"ICD-9", "ICD-10", "leading zero", "readmission", "null destination", "dischtime before deathtime", "note without admission", "radiology RR", "radiology AR", "discharge DS", "discharge AD", "blank line", "empty line before heading", "quote", "CRLF", "item 225792", "item 225794", "item 227194", "item 224385"} {
		if !has[quirk] {
			t.Errorf("a tree of 1500 patients lacks: %s", quirk)
		}
	}
}

func plain(t *testing.T, root, name string) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := out.ReadFrom(z); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestVentilationFollowsTheSpans: the first ICU stay's span from first start to
// last end never falls between the kinds, where PMV's cuts lie.
func TestVentilationFollowsTheSpans(t *testing.T) {
	root := makeTree(t, Options{Patients: 1500, Seed: 6})
	start, end := map[string]time.Time{}, map[string]time.Time{}
	for _, e := range readTable(t, root, "icu/procedureevents.csv.gz") {
		if e["itemid"] != "225792" {
			continue
		}
		id := e["stay_id"]
		if at := stamp(t, e["starttime"]); start[id].IsZero() || at.Before(start[id]) {
			start[id] = at
		}
		if at := stamp(t, e["endtime"]); at.After(end[id]) {
			end[id] = at
		}
	}
	var kinds [ventKinds]int
	for id := range start {
		span := end[id].Sub(start[id]).Hours() / 24
		for kind := ventBrief; kind < ventKinds; kind++ {
			if lo, hi := ventSpan[kind][0], ventSpan[kind][1]; span > lo-0.002 && span < hi+0.002 {
				kinds[kind]++
			}
		}
	}
	if sum := kinds[ventBrief] + kinds[ventShort] + kinds[ventLong]; sum != len(start) || kinds[ventLong] < 20 {
		t.Errorf("ventilated stays by kind %v of %d", kinds, len(start))
	}
}

func TestSameSeedSameBytes(t *testing.T) {
	release := ""
	digest := func(seed int64, procs int) [32]byte {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		o := Options{Release: release, Patients: 200, RadiologyPerAdmission: 1, Seed: seed}
		root := makeTree(t, o)
		var all []byte
		for _, of := range o.tables() {
			data, err := os.ReadFile(filepath.Join(root, files[of].name))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, data...)
		}
		return sha256.Sum256(all)
	}
	for _, release = range Releases {
		if digest(1, 1) != digest(1, 4) {
			t.Errorf("%s: the number of processors changes the bytes", release)
		}
		if digest(1, 2) == digest(2, 2) {
			t.Errorf("%s: the seed changes nothing", release)
		}
	}
}

func TestPrivateFiles(t *testing.T) {
	o := Options{Patients: 3, Seed: 1}
	root := makeTree(t, o)
	for _, of := range o.tables() {
		info, err := os.Stat(filepath.Join(root, files[of].name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", files[of].name, info.Mode().Perm())
		}
	}
}

func TestBadOptions(t *testing.T) {
	for _, o := range []Options{{Patients: 0}, {Patients: mimicIV.ids.patients + 1}, {Release: ReleaseIII, Patients: mimicIII.ids.patients + 1}, {Release: "mimicii", Patients: 1}, {Patients: 1, CoreLists: true}, {Patients: 1, RadiologyPerAdmission: -1}} {
		_, err := Write(t.Context(), o, nil)
		if exit.Of(err) != exit.Usage {
			t.Errorf("%+v: error %v, want one of wrong usage", o, err)
		}
	}
}

// discard is a store file that fails after some bytes and watches the heap.
type discard struct {
	left      int
	peak      *heapPeak
	writes    int
	committed *int
}

func (d *discard) Write(data []byte) (int, error) {
	if d.left -= len(data); d.left < 0 {
		return 0, errors.New("disk full")
	}
	if d.writes++; d.peak != nil && d.writes%128 == 0 {
		d.peak.look()
	}
	return len(data), nil
}

// heapPeak is the largest live heap seen by the files, which are written side by
// side.
type heapPeak struct {
	sync.Mutex
	bytes uint64
}

func (p *heapPeak) look() {
	p.Lock()
	defer p.Unlock()
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	p.bytes = max(p.bytes, stats.HeapAlloc)
}

func (d *discard) Commit() error { *d.committed++; return nil }
func (d *discard) Abort()        {}

func TestMemoryIsConstant(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(50))
	peak := func(patients int) uint64 {
		var high heapPeak
		committed := 0
		o := Options{Patients: patients, RadiologyPerAdmission: 2, Seed: 1}
		_, err := Write(t.Context(), o, func(string) (store.File, error) {
			return &discard{left: 1 << 40, peak: &high, committed: &committed}, nil
		})
		if err != nil || committed != len(o.tables()) {
			t.Fatalf("%d files committed, error %v", committed, err)
		}
		return high.bytes
	}
	small, large := peak(600), peak(4800)
	if large > small+small/2 {
		t.Errorf("peak heap grows from %d to %d bytes with eight times the patients", small, large)
	}
}

func TestAFailedTreeCommitsNothing(t *testing.T) {
	committed := 0
	_, err := Write(t.Context(), Options{Patients: 2000, Seed: 1}, func(name string) (store.File, error) {
		left := 1 << 40
		if strings.HasPrefix(name, "note/") {
			left = 100_000
		}
		return &discard{left: left, committed: &committed}, nil
	})
	if err == nil || committed > 0 {
		t.Errorf("%d files committed, error %v", committed, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Write(ctx, Options{Patients: 2000, Seed: 1}, func(string) (store.File, error) {
		return &discard{left: 1 << 40, committed: &committed}, nil
	}); !errors.Is(err, context.Canceled) || committed > 0 {
		t.Errorf("cancelled: %d files committed, error %v", committed, err)
	}
}

func TestIDsDoNotRepeat(t *testing.T) {
	for name, digits := range map[string]int{ReleaseIV: 8, ReleaseIII: 6} {
		ids := releases[name].ids
		for d := int64(2); d*d <= ids.prime; d++ {
			if ids.prime%d == 0 {
				t.Fatalf("%s: %d is divisible by %d: ids would repeat", name, ids.prime, d)
			}
		}
		last := ids.stay(int64(ids.patients)-1, maxAdmissions-1, maxStays-1)
		if int64(ids.patients)*slotsOfPatient > ids.prime || len(strconv.FormatInt(last, 10)) != digits {
			t.Errorf("%s: the largest tree's ids do not fit", name)
		}
	}
}

func BenchmarkTree(b *testing.B) {
	committed, notes := 0, int64(0)
	for b.Loop() {
		counts, err := Write(b.Context(), Options{Patients: 4000, RadiologyPerAdmission: 5, Seed: 1}, func(string) (store.File, error) {
			return &discard{left: 1 << 40, committed: &committed}, nil
		})
		if err != nil {
			b.Fatal(err)
		}
		notes += counts[files[tableDischarge].name] + counts[files[tableRadiology].name]
	}
	b.ReportMetric(float64(notes)/b.Elapsed().Seconds(), "notes/s")
}
