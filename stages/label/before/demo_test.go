package before_test

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/vocabulary"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

const demoTables = "testdata/mimiciv-demo-2.2"

// counted is what oracle/label_counts.py counts of a task on the MIMIC-IV demo,
// with pandas and from the CSV files.
type counted struct {
	Admissions    int64    `json:"admissions"`
	Positives     int64    `json:"positives"`
	Died          int64    `json:"died"`
	Classes       [4]int64 `json:"classes"`
	NoICUStay     int64    `json:"no_icu_stay"`
	NotVentilated int64    `json:"not_ventilated"`
	TooShort      int64    `json:"too_short"`
	DistinctCodes int64    `json:"distinct_codes"`
	Pairs         int64    `json:"pairs"`
	Labels        []string `json:"labels"`
	SHA256        string   `json:"sha256"` // of the label of each admission
}

func goldenCounts(t *testing.T) (counts struct{ Mor, Los, Pmv, Diag, Proc counted }) {
	t.Helper()
	data, err := os.ReadFile("testdata/label_counts.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &counts); err != nil {
		t.Fatal(err)
	}
	return counts
}

// TestMIMICDemo labels real tables. The demo has no notes: each admission gets
// one, so that none is left out for want of text.
func TestMIMICDemo(t *testing.T) {
	golden := goldenCounts(t)
	config := fmt.Sprintf("{root: %s, note_root: %s, shards: 5}", demoTables, demoNotes(t))
	d := stagetest.Run(t, "ingest.mimiciv", config, nil)
	wantCounts(t, d, map[string]int64{"quarantined": 0})
	in := stages.Inputs{"patients": {d}}

	mor, total := demoTask(t, "label.mortality", in, golden.Mor)
	wantCounts(t, mor, map[string]int64{"read": golden.Mor.Admissions})
	wantTotal(t, mor, "positives", total["positives"], golden.Mor.Positives)

	los, total := demoTask(t, "label.length_of_stay", in, golden.Los)
	wantCounts(t, los, map[string]int64{"dropped.died": golden.Los.Died})
	for class, n := range golden.Los.Classes {
		name := fmt.Sprintf("class.%d", class)
		wantTotal(t, los, name, total[name], n)
	}

	pmv, total := demoTask(t, "label.ventilation", in, golden.Pmv)
	wantTotal(t, pmv, "positives", total["positives"], golden.Pmv.Positives)
	wantCounts(t, pmv, map[string]int64{
		"dropped.no_icu_stay": golden.Pmv.NoICUStay, "dropped.no_invasive_ventilation": golden.Pmv.NotVentilated, "dropped.short_ventilation": golden.Pmv.TooShort,
		"ventilation_without_admission": 0, "ventilation_without_times": 0, "icustays_without_intime": 0,
	})

	demoCodes(t, "diag", "label.diagnoses", in, golden.Diag)
	demoCodes(t, "proc", "label.procedures", in, golden.Proc)
}

// demoCodes compares with a list of all labels first, then counts the list of
// train patients over again.
func demoCodes(t *testing.T, name, stage string, in stages.Inputs, golden counted) {
	t.Helper()
	all := listed(golden.Labels...)
	all.Task = name
	d, total := demoTask(t, stage, stages.Inputs{"patients": in["patients"], "vocabulary": {bound(t, all)}}, golden)
	wantTotal(t, d, "pairs", total["pairs"], golden.Pairs)
	wantCounts(t, d, map[string]int64{"codes_ignored": 0})

	train := map[string]int64{}
	for _, e := range rows[task.Example](t, d, task.TableExamples) {
		for _, label := range e.Labels {
			if e.Split == "train" {
				train[all.Labels[label]]++
			}
		}
	}
	vocab := stagetest.Run(t, "label.vocab", "{min_count: 4, task: "+name+"}", in)
	wantCounts(t, vocab, map[string]int64{"admissions": golden.Admissions, "distinct_codes": golden.DistinctCodes, "pairs": golden.Pairs, "codes_ignored": 0})
	want := vocabulary.Vocabulary{Task: name, Recipe: "clinical", Split: "hash", SplitSeed: 1, MinCount: 4}
	for _, label := range golden.Labels { // ordered
		if train[label] >= 4 {
			want.Labels, want.Counts = append(want.Labels, label), append(want.Counts, train[label])
		}
	}
	if diff := cmp.Diff(want, read(t, vocab)); diff != "" {
		t.Errorf("%s: %s", name, diff)
	}
}

// demoTask runs a stage, compares the label of each admission, and adds its
// counts up over the splits.
func demoTask(t *testing.T, stage string, in stages.Inputs, golden counted) (d *dataset.Dataset, total map[string]int64) {
	t.Helper()
	d = stagetest.Run(t, stage, "{}", in)
	wantCounts(t, d, map[string]int64{"kept": golden.Admissions, "dropped.no_discharge_summary": 0, "summaries_without_admission": 0})
	var lines []string
	for _, e := range rows[task.Example](t, d, task.TableExamples) {
		if golden.Labels == nil {
			lines = append(lines, fmt.Sprintf("%d %d\n", e.HadmID, e.Label))
		}
		for _, label := range e.Labels {
			lines = append(lines, fmt.Sprintf("%d %s\n", e.HadmID, golden.Labels[label]))
		}
	}
	slices.Sort(lines)
	digest := sha256.Sum256([]byte(strings.Join(lines, "")))
	if got := hex.EncodeToString(digest[:]); got != golden.SHA256 {
		t.Errorf("%s: the labels are not those that pandas finds", stage)
	}
	total = map[string]int64{}
	for name, n := range d.Manifest.Counts {
		for _, split := range []string{".train", ".val", ".test"} {
			if of, ends := strings.CutSuffix(name, split); ends {
				total[of] += n
			}
		}
	}
	wantTotal(t, d, "kept", total["kept"], golden.Admissions)
	return d, total
}

func wantTotal(t *testing.T, d *dataset.Dataset, name string, got, want int64) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %s of all splits is %d, want %d", d.Manifest.Stage, name, got, want)
	}
}

// demoNotes writes a discharge summary for each admission of the demo.
func demoNotes(t *testing.T) (root string) {
	t.Helper()
	const header = "note_id,subject_id,hadm_id,note_type,note_seq,charttime,storetime,text\n"
	var notes strings.Builder
	notes.WriteString(header)
	for i, a := range demoRows(t, "hosp/admissions.csv.gz")[1:] {
		fmt.Fprintf(&notes, "%s-DS-%d,%[1]s,%[3]s,DS,%[2]d,%[4]s,%[4]s,\"History of Present Illness:\nill\n\"\n", a[0], i+1, a[1], a[3])
	}
	root = t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "note"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"discharge": notes.String(), "radiology": header} {
		if err := os.WriteFile(filepath.Join(root, "note", name+".csv"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func demoRows(t *testing.T, name string) [][]string {
	t.Helper()
	f, err := os.Open(filepath.Join(demoTables, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	all, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all
}
