package cli

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/stages/eval/compare"
)

const beforeAndAfter = `name: before
vars: {shards: 4, c: 1}
steps:
  mimic: {stage: synth.mimiciv, with: {patients: 300}}
  patients: {stage: ingest.mimiciv, in: {mimic: mimic}, with: {shards: ${shards}}}
  split: {stage: split.hash, in: {patients: patients}}
  tokenizer: {stage: tokenize.train, in: {notes: patients.notes, split: split}, with: {vocab_size: 512, max_notes: 200}}
  labels: {stage: label.mortality, in: {patients: patients}}
  texts: {stage: text.admission, in: {patients: patients}}
  texts_without_deaths: {stage: text.without_deaths, in: {texts: texts}}
  tokens: {stage: tokenize.texts, in: {texts: texts, tokenizer: tokenizer}, with: {max_length: 64}}
  tokens_without_deaths: {stage: tokenize.texts, in: {texts: texts_without_deaths, tokenizer: tokenizer}, with: {max_length: 64}}
  predictions: {stage: train.baseline, in: {tokens: [tokens, tokens_without_deaths], labels: labels, split: split}, with: {c: ${c}}}
`

// Two runs in two folders, cut into parts otherwise, are compared by the path of the
// first one's predictions; those of other patients are refused by name.
func TestTwoRunsAreCompared(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "before.yaml"), beforeAndAfter)
	clinflow(t, dir, 0, "run", "before.yaml", "--out", "before")
	found, err := filepath.Glob(filepath.Join(dir, "before", "steps", "predictions-*"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	after := beforeAndAfter + "  comparisons: {stage: eval.compare, in: {predictions: [predictions]}, with: {other_run: [" + found[0] + "], small_cells: show}}\npublish: {comparisons.json: comparisons.comparisons.json}\n"
	write(t, filepath.Join(dir, "after.yaml"), after)
	clinflow(t, dir, 0, "run", "after.yaml", "--out", "after", "--set", "shards=3", "--set", "c=0.001")
	var told compare.Comparisons
	if err := json.Unmarshal([]byte(read(t, dir, "after", "comparisons.json")), &told); err != nil {
		t.Fatal(err)
	}
	if c := told.Tasks["mor"]; len(c) != 1 || c[0].Against != compare.AgainstOther || c[0].A != "bag_of_words" || c[0].Patients < 20 || c[0].Interval == nil {
		t.Errorf("%+v", told)
	}
	if said := clinflow(t, dir, 0, "run", "after.yaml", "--out", "after", "--set", "shards=3", "--set", "c=0.001").stderr; strings.Contains(said, "step started") {
		t.Errorf("the same two runs are compared again: %s", said)
	}
	write(t, filepath.Join(dir, "after.yaml"), strings.Replace(after, "patients: 300", "patients: 310", 1))
	if said := clinflow(t, dir, 3, "run", "after.yaml", "--out", "after", "--set", "shards=3").stderr; !strings.Contains(said, "not of the same examples of the same patients") || !strings.Contains(said, "of the other run") {
		t.Error(said)
	}
}
