package runners_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

const ownTaskDAG = `
name: own
steps:
  mimic:     {stage: synth.mimiciv, with: {patients: 150, seed: 8}}
  patients:  {stage: ingest.mimiciv, in: {mimic: mimic}, with: {shards: 2}}
  split:     {stage: split.hash, in: {patients: patients}}
  texts:     {stage: text.admission, in: {patients: patients}}
  labels:    {stage: test.icu, in: {patients: patients}, with: {stays: 1}}
  tokenizer: {stage: tokenize.train, in: {notes: patients.notes, split: split}, with: {vocab_size: 512}}
  tokens:    {stage: tokenize.texts, in: {texts: texts, tokenizer: tokenizer}}
  baseline:  {stage: train.baseline, in: {tokens: [tokens], labels: labels, split: split}}
  auroc:     {stage: eval.auroc, in: {predictions: [baseline]}, with: {split: test, small_cells: show}}
`

// A task that one file adds (icutask_test.go) is labelled, learnt and measured with
// the same YAML as the tasks that are built in.
func TestATaskOfOnesOwnIsOneFile(t *testing.T) {
	d, err := dags.Parse(stages.Default, "own.yaml", []byte(ownTaskDAG), nil)
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]*dataset.Dataset{}
	for _, step := range d.Steps {
		made[step.Name] = runOn(t, step, step.Bind(made), "direct", 2)
	}
	stays := map[int64]bool{}
	for _, s := range stagetest.Rows[mimic.ICUStay](t, made["patients"], mimic.TableICUStays) {
		stays[s.HadmID] = true
	}
	labels := map[int64]int32{}
	for _, l := range stagetest.Rows[task.Label](t, made["labels"], task.TableLabels) {
		if labels[l.HadmID] = l.Label; (l.Label == 1) != stays[l.HadmID] {
			t.Errorf("hadm_id %d has the label %d", l.HadmID, l.Label)
		}
	}
	died := made["labels"].Manifest.Counts["dropped.died"]
	if admissions := made["labels"].Manifest.Counts["read"]; died == 0 || int64(len(labels)) != admissions-died {
		t.Errorf("%d labels of %d admissions, %d died", len(labels), admissions, died)
	}
	want := task.Task{Name: "icu", Kind: task.Binary, Labels: []string{"ward", "icu"}, Release: "mimiciv"}
	if of, ok, err := task.Of(made["labels"]); !ok || err != nil || cmp.Diff(want, of) != "" {
		t.Errorf("task %+v, %v", of, err)
	}
	predicted := stagetest.Rows[task.Prediction](t, made["baseline"], task.TablePredictions)
	for _, p := range predicted {
		if p.Task != "icu" || len(p.Logits) != 2 {
			t.Errorf("a prediction of the task %s with %d logits", p.Task, len(p.Logits))
		}
	}
	var metrics eval.Metrics
	if err := made["auroc"].ReadJSON(t.Context(), eval.MetricsName, &metrics); err != nil {
		t.Fatal(err)
	}
	if measured := metrics.Variants["bag_of_words"].Tasks["icu"]; measured.AUROC == nil || metrics.Tasks["icu"].Kind != task.Binary || metrics.Tasks["icu"].Split != "hash, seed 1" {
		t.Errorf("%d predictions of %+v: %+v", len(predicted), metrics.Tasks, measured)
	}
}
