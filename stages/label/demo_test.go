package label_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/label"
	hash "github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/stagetest"
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
	// Excluded are whom Clinical XLNet leaves out, by reason.
	Excluded map[string]int64 `json:"excluded"`
}

func goldenCounts(t *testing.T) (counts struct {
	Mor, Los, Pmv, Diag, Proc counted
	Cohort                    counted `json:"pmv_cohort"`
}) {
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

// TestMIMICDemo labels real tables. The demo has no notes, and labels need none.
func TestMIMICDemo(t *testing.T) {
	golden := goldenCounts(t)
	config := fmt.Sprintf("{root: %s, notes: false, shards: 5}", demoTables)
	d := stagetest.Run(t, "ingest.mimiciv", config, nil)
	wantCounts(t, d, map[string]int64{"quarantined": 0})
	in := stages.Inputs{"patients": {d}}

	mor := demoTask(t, "label.mortality", "{}", in, golden.Mor)
	wantCounts(t, mor, map[string]int64{"read": golden.Mor.Admissions, "positives": golden.Mor.Positives})

	los := demoTask(t, "label.length_of_stay", "{}", in, golden.Los)
	wantCounts(t, los, map[string]int64{"dropped.died": golden.Los.Died})
	for class, n := range golden.Los.Classes {
		wantCounts(t, los, map[string]int64{fmt.Sprintf("class.%d", class): n})
	}

	pmv := demoTask(t, "label.ventilation", "{}", in, golden.Pmv)
	wantCounts(t, pmv, map[string]int64{
		"positives":           golden.Pmv.Positives,
		"dropped.no_icu_stay": golden.Pmv.NoICUStay, "dropped.no_invasive_ventilation": golden.Pmv.NotVentilated, "dropped.short_ventilation": golden.Pmv.TooShort,
		"ventilation_without_admission": 0, "ventilation_without_times": 0, "icustays_without_intime": 0,
	})

	cohort := demoTask(t, "label.ventilation", "{recipe: core, quirks: {pmv_charted: false}}", in, golden.Cohort)
	wantCounts(t, cohort, map[string]int64{"positives": golden.Cohort.Positives, "dropped.short_ventilation": golden.Cohort.TooShort})
	for reason, n := range golden.Cohort.Excluded {
		wantCounts(t, cohort, map[string]int64{"dropped." + reason: n})
	}

	demoCodes(t, "diag", "label.diagnoses", in, golden.Diag)
	demoCodes(t, "proc", "label.procedures", in, golden.Proc)
}

// demoCodes compares with a list of all labels first, then counts the list of
// train patients over again.
func demoCodes(t *testing.T, name, stage string, in stages.Inputs, golden counted) {
	t.Helper()
	all := diagnoses(golden.Labels...)
	all.Name = name
	d := demoTask(t, stage, "{}", with(in, set(t, all)), golden)
	wantCounts(t, d, map[string]int64{"pairs": golden.Pairs, "codes_ignored": 0})

	train := map[string]int64{}
	for _, e := range labelsOf(t, d) {
		for _, label := range e.Labels {
			if hash.Of(e.SubjectID, 1) == "train" {
				train[all.Labels[label]]++
			}
		}
	}
	made := stagetest.Run(t, "label.set", "{min_count: 4, task: "+name+"}", split(t, "{}", in))
	wantCounts(t, made, map[string]int64{"admissions": golden.Admissions, "distinct_codes": golden.DistinctCodes, "pairs": golden.Pairs, "codes_ignored": 0})
	want := label.Counted{MinCount: 4}
	for _, label := range golden.Labels { // ordered
		if train[label] >= 4 {
			want.Labels, want.Counts = append(want.Labels, label), append(want.Counts, train[label])
		}
	}
	if diff := cmp.Diff(want, listed(t, made)); diff != "" {
		t.Errorf("%s: %s", name, diff)
	}
}

// demoTask runs a stage and compares the label of each admission.
func demoTask(t *testing.T, stage, config string, in stages.Inputs, golden counted) (d *dataset.Dataset) {
	t.Helper()
	d = stagetest.Run(t, stage, config, in)
	wantCounts(t, d, map[string]int64{"kept": golden.Admissions})
	var lines []string
	for _, e := range labelsOf(t, d) {
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
	return d
}
