//go:build slow

package cli

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// everyKindDAG makes a dataset of every kind, in a second.
const everyKindDAG = `
name: everykind
steps:
  mimic: {stage: synth.mimiciv, with: {patients: 120, radiology_per_admission: 1}}
  patients: {stage: ingest.mimiciv, in: {mimic: mimic}, with: {shards: 2}}
  split: {stage: split.hash, in: {patients: patients}}
  texts: {stage: text.admission, in: {patients: patients}}
  label_set: {stage: label.set, in: {patients: patients, split: split}, with: {task: diag, min_count: 3}}
  labels: {stage: label.diagnoses, in: {patients: patients, label_set: label_set}}
  tokenizer: {stage: tokenize.train, in: {notes: patients.notes, split: split}, with: {vocab_size: 512}}
  tokens: {stage: tokenize.texts, in: {texts: texts, tokenizer: tokenizer}, with: {max_length: 32, add_eos: true}}
  base: {stage: train.base, in: {tokens: tokens, split: split, tokenizer: tokenizer}, with: {epochs: 1}}
  adapter:
    stage: train.finetune
    in: {tokens: tokens, labels: labels, split: split, base: base}
    with: {peft: {type: lora, target_modules: [q_proj, v_proj]}, epochs: 1}
  predictions: {stage: train.predict, in: {tokens: tokens, labels: labels, split: split, base: base, adapter: adapter}, with: {variant: lora, splits: [test]}}
  auroc: {stage: eval.auroc, in: {predictions: [predictions]}}
  report: {stage: eval.report, in: {metrics: auroc, logs: [base, adapter], data: [patients, label_set]}}
`

// victims are files of every kind of dataset, with the step that reads each next
// and a file beside it to take its place.
var victims = []struct{ step, file, other, next string }{
	{"mimic", "note/discharge.csv.gz", "note/radiology.csv.gz", "patients"},
	{"patients", "admissions/part-00000-of-00002.parquet", "admissions/part-00001-of-00002.parquet", "labels"},
	{"patients", "notes/part-00001-of-00002.parquet", "notes/part-00000-of-00002.parquet", "tokenizer"},
	{"split", "splits/part-00000-of-00002.parquet", "splits/part-00001-of-00002.parquet", "label_set"},
	{"texts", "texts/part-00000-of-00002.parquet", "texts/part-00001-of-00002.parquet", "tokens"},
	{"label_set", "labels.json", "manifest.json", "report"},
	{"labels", "labels/part-00000-of-00002.parquet", "labels/part-00001-of-00002.parquet", "adapter"},
	{"tokenizer", "tokenizer.model", "tokenizer_config.json", "tokens"},
	{"tokens", "tokens/part-00000-of-00002.parquet", "tokens/part-00001-of-00002.parquet", "base"},
	{"base", "model.safetensors", "train_patients.bin", "adapter"},
	{"base", "config.json", "tokenizer_config.json", "adapter"},
	{"base", "train_patients.bin", "config.json", "predictions"},
	{"adapter", "adapter_model.safetensors", "train_patients.bin", "predictions"},
	{"adapter", "adapter_config.json", "train_log.jsonl", "predictions"},
	{"adapter", "train_log.jsonl", "adapter_config.json", "report"},
	{"predictions", "predictions/part-00001-of-00002.parquet", "predictions/part-00000-of-00002.parquet", "auroc"},
	{"auroc", "metrics.json", "roc.json", "report"},
}

// damages are what happens to a file on disk.
var damages = []struct {
	name string
	do   func(whole, other string, random *rand.Rand) string
}{
	{"a flipped bit", func(whole, _ string, random *rand.Rand) string {
		damaged := []byte(whole)
		damaged[random.IntN(len(damaged))] ^= 1 << random.IntN(8)
		return string(damaged)
	}},
	{"cut to half", func(whole, _ string, _ *rand.Rand) string { return whole[:len(whole)/2] }},
	{"emptied", func(string, string, *rand.Rand) string { return "" }},
	{"longer by a byte", func(whole, _ string, _ *rand.Rand) string { return whole + "\n" }},
	{"another file in its place", func(_, other string, _ *rand.Rand) string { return other }},
	{"removed", nil},
}

// Whatever happens to a file of a dataset, verify finds it, and the next step
// fails in place of giving other bytes. Without the dataset, the same command
// makes it again.
func TestSlowDamagedDatasets(t *testing.T) {
	dir, sound := everyKind(t)
	want := outputs(t, sound)
	random := rand.New(rand.NewPCG(4, 3))
	for _, v := range victims {
		t.Run(v.step+" "+filepath.Base(v.file), func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			if err := os.CopyFS(out, os.DirFS(sound)); err != nil {
				t.Fatal(err)
			}
			folder := stepFolder(t, out, v.step)
			path := filepath.Join(folder, v.file)
			whole, other := read(t, path), read(t, folder, v.other)
			write(t, path, "")
			clinflow(t, dir, 0, "run", "faults.yaml", "--quiet", "--out", out) // nothing is left to do
			oneError(t, clinflow(t, dir, 3, "verify", out), strings.TrimPrefix(path, out))
			if err := os.RemoveAll(stepFolder(t, out, v.next)); err != nil {
				t.Fatal(err)
			}
			for _, damage := range damages {
				if damage.do == nil {
					remove(t, path)
				} else {
					write(t, path, damage.do(whole, other, random))
				}
				says := strings.TrimPrefix(path, out)
				oneError(t, clinflow(t, dir, 3, "verify", out), says)
				oneError(t, clinflow(t, dir, 3, "run", "faults.yaml", "--quiet", "--out", out), "step "+v.next, says, "make the dataset again")
				if left, _ := filepath.Glob(filepath.Join(out, "steps", v.next+"-*", "manifest.json")); len(left) > 0 {
					t.Errorf("%s: the step after left a dataset", damage.name)
				}
			}
			if err := os.RemoveAll(folder); err != nil {
				t.Fatal(err)
			}
			clinflow(t, dir, 0, "run", "faults.yaml", "--quiet", "--out", out)
			sameOutputs(t, want, outputs(t, out))
		})
	}
	t.Logf("%d files damaged in %d ways each: all found by verify and by the next step", len(victims), len(damages))
}

// everyKind makes a folder with everyKindDAG and says what an undisturbed run
// leaves.
func everyKind(t *testing.T) (dir, out string) {
	t.Helper()
	dir = t.TempDir()
	write(t, filepath.Join(dir, "faults.yaml"), everyKindDAG)
	return dir, succeeds(t, dir)
}
