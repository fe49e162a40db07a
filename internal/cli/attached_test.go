package cli

import (
	"encoding/json"
	"path/filepath"
	"testing"
)

// labelsDAG labels the admissions of given tables, with notes made up for them.
const labelsDAG = `
name: labels
vars: {attach: ""}
each:
  task: {mor: {stage: label.mortality}, los: {stage: label.length_of_stay}, pmv: {stage: label.ventilation}}
  coded: {diag: {stage: label.diagnoses}, proc: {stage: label.procedures}}
steps:
  mimic: {stage: synth.mimiciv, with: {attach: "${attach}"}}
  patients: {stage: ingest.mimiciv, in: {mimic: mimic}, with: {shards: 4}}
  split: {stage: split.hash, in: {patients: patients}}
  label_set_${coded}: {stage: label.set, in: {patients: patients, split: split}, with: {task: "${coded}", min_count: 1}}
  ${task}: {stage: "${task.stage}", in: {patients: patients}}
  ${coded}: {stage: "${coded.stage}", in: {patients: patients, label_set: "label_set_${coded}"}}
`

// mimicDemo holds tables of MIMIC-IV Clinical Database Demo 2.2.
const mimicDemo = "../../stages/label/testdata/mimiciv-demo-2.2"

// countsOf are the counts of a step's manifest.
func countsOf(t *testing.T, out, step string) map[string]int {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(out, "steps", step+"-*", "manifest.json"))
	if err != nil || len(found) != 1 {
		t.Fatalf("manifests of %s: %v %v", step, found, err)
	}
	var manifest struct{ Counts map[string]int }
	if err := json.Unmarshal([]byte(read(t, found[0])), &manifest); err != nil {
		t.Fatal(err)
	}
	return manifest.Counts
}

// The labels of the MIMIC-IV demo are those that oracle/label_counts.py counts in
// the tables with pandas.
func TestLabelsOfTheMIMICDemo(t *testing.T) {
	tables, err := filepath.Abs(mimicDemo)
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Mor, Pmv struct{ Admissions, Positives int }
		Los      struct {
			Admissions int
			Classes    []int
		}
		Diag, Proc struct {
			Admissions, Pairs int
			DistinctCodes     int `json:"distinct_codes"`
		}
	}
	golden := read(t, "../../stages/label/testdata/label_counts.json")
	if err := json.Unmarshal([]byte(golden), &want); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "labels.yaml"), labelsDAG)
	clinflow(t, dir, 0, "run", "labels.yaml", "--out", "out", "--set", "attach="+tables, "--quiet")
	out := filepath.Join(dir, "out")
	mor, los, pmv := countsOf(t, out, "mor"), countsOf(t, out, "los"), countsOf(t, out, "pmv")
	got := map[string][2]int{
		"mor":           {mor["kept"], want.Mor.Admissions},
		"mor positives": {mor["positives"], want.Mor.Positives},
		"pmv":           {pmv["kept"], want.Pmv.Admissions},
		"pmv positives": {pmv["positives"], want.Pmv.Positives},
		"los":           {los["kept"], want.Los.Admissions},
	}
	for class, n := range want.Los.Classes {
		name := "class." + string(rune('0'+class))
		got["los "+name] = [2]int{los[name], n}
	}
	for task, w := range map[string]struct{ Admissions, Pairs, Codes int }{
		"diag": {want.Diag.Admissions, want.Diag.Pairs, want.Diag.DistinctCodes},
		"proc": {want.Proc.Admissions, want.Proc.Pairs, want.Proc.DistinctCodes},
	} {
		labels, set := countsOf(t, out, task), countsOf(t, out, "label_set_"+task)
		got[task] = [2]int{labels["kept"], w.Admissions}
		got[task+" admissions counted"] = [2]int{set["admissions"], w.Admissions}
		got[task+" pairs"] = [2]int{set["pairs"], w.Pairs}
		got[task+" codes"] = [2]int{set["distinct_codes"], w.Codes}
	}
	for what, n := range got {
		if n[0] != n[1] || n[1] == 0 {
			t.Errorf("%s: %d, pandas counts %d", what, n[0], n[1])
		}
	}
}
