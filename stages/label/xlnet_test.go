package label_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
)

// xlnetTree is what oracle/pmv_labels.py has of a tree: Clinical XLNet's cohort by
// mimic-code's SQL and pandas.
type xlnetTree struct {
	Synth      map[string]any `json:"synth"` // settings of synth.mimiciii
	Admissions int            `json:"admissions"`
	Positives  int            `json:"positives"`
	SHA256     string         `json:"sha256"` // of the label of each admission
}

func xlnetGolden(t *testing.T) map[string]xlnetTree {
	t.Helper()
	data, err := os.ReadFile("testdata/pmv_labels.json")
	if err != nil {
		t.Fatal(err)
	}
	var trees map[string]xlnetTree
	if err := json.Unmarshal(data, &trees); err != nil {
		t.Fatal(err)
	}
	return trees
}

// TestPMVIsClinicalXLNets: the recipe core has the admissions and labels of Clinical
// XLNet's cohort.
func TestPMVIsClinicalXLNets(t *testing.T) {
	want := xlnetGolden(t)["seed 1"]
	if got := want.made(t, "{recipe: core}"); got != want.SHA256 {
		t.Errorf("the cohort or a label is another: sha256 %s", got)
	}
}

// made is the digest of the labels by a recipe.
func (x *xlnetTree) made(t *testing.T, rules string) string {
	t.Helper()
	settings, err := json.Marshal(x.Synth)
	if err != nil {
		t.Fatal(err)
	}
	files := stagetest.Run(t, "synth.mimiciii", string(settings), nil)
	patients := stagetest.Run(t, "ingest.mimiciii", "{shards: 3, chartevents: true}", stages.Inputs{"mimic": {files}})
	labels := labelsOf(t, stagetest.Run(t, "label.ventilation", rules, stages.Inputs{"patients": {patients}}))
	var lines []string
	positives := 0
	for _, l := range labels {
		lines = append(lines, fmt.Sprintf("%d %d\n", l.HadmID, l.Label))
		positives += int(l.Label)
	}
	if len(labels) != x.Admissions || positives != x.Positives {
		t.Logf("%d admissions, of them %d positive; Clinical XLNet's are %d and %d", len(labels), positives, x.Admissions, x.Positives)
	}
	slices.Sort(lines)
	return digest(strings.Join(lines, ""))
}
