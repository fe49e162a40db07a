package train

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/trainlog"
	"github.com/clinflow/clinflow/task"
)

// twoDir holds what train.finetune left over a clinical adapter (go test
// -update), as it was when PEFT computed with it (oracle/llama_ours.py).
const twoDir = "testdata/two_adapters"

const llamaDir = "model/testdata/llama/"

var update = flag.Bool("update", false, "write testdata/two_adapters anew; run oracle/llama_ours.py after it")

// documents are a tokens dataset of the given texts, of a train patient each.
func documents(t *testing.T, texts [][]int32, labels int32) labelled {
	t.Helper()
	var rows []examples.Example
	for i, ids := range texts {
		rows = append(rows, examples.Example{ExampleID: fmt.Sprint(i), SubjectID: int64(i), Split: "train", InputIDs: ids, NTokens: int32(len(ids)), Label: int32(i) % labels})
	}
	kind := task.Multiclass
	if labels <= 2 {
		kind = task.Binary
	}
	return write(t, rows, 1).as(t, "t", kind, int(max(labels, 2)))
}

// finetunedTwo trains a LoRA over a clinical one on the tiny model of package
// model, both far from where they began.
func finetunedTwo(t *testing.T) *dataset.Dataset {
	t.Helper()
	env := environment("cpu:go", 1)
	const schedule = `base: model/testdata/ours/base, learning_rate: 0.1, warmup_ratio: 0, epochs: 20, batch_size: 6`
	tokens := documents(t, [][]int32{{1, 5, 9, 3}, {1, 14, 7, 8, 8}, {1, 4, 11}, {1, 6, 3, 15, 12}, {1, 10, 13}, {1, 9, 9, 4}}, 3)
	clinical := stagetest.RunIn(t, env, "train.pretrain", `{`+schedule+`, peft: {r: 3, alpha: 6, target_modules: [q_proj, v_proj, up_proj]}}`, tokens.with(nil))
	return stagetest.RunIn(t, env, "train.finetune", `{`+schedule+`, clinical: trainable, peft: {r: 2, alpha: 4, target_modules: [q_proj, down_proj]}}`,
		tokens.with(stages.Inputs{"clinical": {clinical}}))
}

func TestTwoAdaptersThatPEFTReadsAreUnchanged(t *testing.T) {
	d := finetunedTwo(t)
	for _, file := range d.Manifest.Files {
		if file.Name == trainlog.Name {
			continue
		}
		path, err := d.LocalPath(t.Context(), file.Name)
		must(t, err)
		got, err := os.ReadFile(path)
		must(t, err)
		at := filepath.Join(twoDir, filepath.FromSlash(file.Name))
		if *update {
			must(t, os.MkdirAll(filepath.Dir(at), 0o700))
			must(t, os.WriteFile(at, got, 0o600))
		}
		want, err := os.ReadFile(at)
		must(t, err)
		if !bytes.Equal(got, want) {
			t.Errorf("%s has other bytes than the one that PEFT was tried with", file.Name)
		}
	}
}

// adapterOf makes a folder of files an adapter dataset.
func adapterOf(t *testing.T, dir string) *dataset.Dataset {
	t.Helper()
	uri := filepath.Join(t.TempDir(), "adapter")
	w, err := dataset.NewWriter(t.Context(), uri, stages.KindAdapter, 0)
	must(t, err)
	must(t, fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		must(t, err)
		return w.WriteFile(name, data)
	}))
	must(t, w.Commit(t.Context(), dataset.Manifest{Stage: "test"}, nil))
	d, err := dataset.Open(t.Context(), uri)
	must(t, err)
	return d
}

// checkPredictions compares train.predict's logits with PEFT's, [documents, labels].
func checkPredictions(t *testing.T, base, adapter string, texts [][]int32, want []float64) {
	t.Helper()
	labels := len(want) / len(texts)
	d := stagetest.Run(t, "train.predict", `{base: `+base+`, variant: v, splits: [train]}`,
		documents(t, texts, int32(labels)).with(stages.Inputs{"adapter": {adapterOf(t, adapter)}}))
	rows := 0
	for row, err := range dataset.Read[task.Prediction](t.Context(), d, task.TablePredictions, 0) {
		must(t, err)
		if len(row.Logits) != labels {
			t.Fatalf("%d logits, want %d", len(row.Logits), labels)
		}
		for k, got := range row.Logits {
			if difference := math.Abs(float64(got) - want[rows*labels+k]); !(difference < 1e-5) {
				t.Errorf("document %d: logit %d is %g off", rows, k, difference)
			}
		}
		rows++
	}
	if rows != len(texts) {
		t.Errorf("%d documents of %d were predicted", rows, len(texts))
	}
}

func TestPEFTComputesTheSameWithOurTwoAdapters(t *testing.T) {
	data, err := os.ReadFile(twoDir + ".json")
	must(t, err)
	var golden struct {
		Documents [][]int32
		Logits    [][]float64
	}
	must(t, json.Unmarshal(data, &golden))
	var want []float64
	for _, row := range golden.Logits {
		want = append(want, row...)
	}
	checkPredictions(t, "model/testdata/ours/base", twoDir, golden.Documents, want)
}

func TestTwoAdaptersThatPEFTSaved(t *testing.T) {
	data, err := os.ReadFile(llamaDir + "golden.json")
	must(t, err)
	var g struct {
		Batch struct {
			InputIDs [][]int32 `json:"input_ids"`
			Mask     [][]int   `json:"attention_mask"`
		}
	}
	must(t, json.Unmarshal(data, &g))
	texts := g.Batch.InputIDs
	for i, mask := range g.Batch.Mask {
		n := 0
		for _, real := range mask {
			n += real
		}
		texts[i] = texts[i][:n]
	}
	golden, err := checkpoint.OpenFile(llamaDir + "golden.safetensors")
	must(t, err)
	defer golden.Close()
	want, err := checkpoint.Read[float64](golden, "stacked.logits", len(texts), 2)
	must(t, err)
	checkPredictions(t, llamaDir+"hf", llamaDir+"stacked", texts, want)
}
