package train

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/adapter/lora"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
	"github.com/clinflow/clinflow/stages/train/model"
	"github.com/clinflow/clinflow/stages/train/model/bert"
	"github.com/clinflow/clinflow/task"
)

// randomBERT names a tiny BERT for the corpus' words, of random weights.
func randomBERT(t *testing.T, dropout float64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), model.ConfigName)
	f, err := os.Create(path)
	must(t, err)
	defer f.Close()
	must(t, bert.Config{
		HiddenSize: 16, IntermediateSize: 24, NumHiddenLayers: 1, NumAttentionHeads: 2, VocabSize: wordCount, MaxPositionEmbeddings: 24,
		TypeVocabSize: 2, HiddenAct: "gelu", LayerNormEps: 1e-12, InitializerRange: 0.3,
		HiddenDropout: dropout, AttentionDropout: dropout, ClassifierDropout: dropout,
	}.Write(f))
	return model.RandomPrefix + path
}

// A BERT is trained and predicts as a LLaMA does.
func TestBERTIsAClassifier(t *testing.T) {
	tokens := corpus(t, 120, 2)
	for _, c := range []struct {
		name, peft string
		dropout    float64
		worst      float64 // loss at the end; without learning ln 2
	}{
		{"LoRA", `{type: lora, r: 4, alpha: 16, target_modules: [query, key, value, dense]}`, 0, 0.3},
		{"LoRA under dropout", `{type: lora, r: 4, alpha: 16, target_modules: [query, key, value, dense]}`, 0.02, 0.6},
		{"all weights", `{type: full}`, 0.02, 0.4},
		{"head", `{type: none}`, 0, 0.67},
		{"head under dropout", `{type: none}`, 0.02, 0.7},
	} {
		base := randomBERT(t, c.dropout)
		trained := stagetest.Run(t, "train.finetune", fmt.Sprintf(`{base: %q, peft: %s, learning_rate: 0.02, epochs: 8, batch_size: 8}`, base, c.peft), tokens.with(nil))
		log := readLog(t, trained)
		if last := log[len(log)-2]; last.Split != split.Train || !(last.Loss < c.worst) {
			t.Errorf("%s: training ends with %+v", c.name, last)
		}
		predicted := stagetest.Run(t, "train.predict", fmt.Sprintf(`{base: %q, variant: v, splits: [test]}`, base), tokens.with(stages.Inputs{"adapter": {trained}}))
		for _, row := range stagetest.Rows[task.Prediction](t, predicted, task.TablePredictions) {
			if got := inspected(t, base, trained, tokens, row.ExampleID); !near(got, row.Logits) {
				t.Fatalf("%s: train.predict says %v of %s, inspect %v", c.name, row.Logits, row.ExampleID, got)
			}
		}
	}
}

// inspected are the logits that `clinflow inspect logits` prints of a document.
func inspected(t *testing.T, base string, trained *dataset.Dataset, tokens labelled, id string) []float32 {
	t.Helper()
	dir, err := folder(t.Context(), trained, configIn(trained, taskFolder))
	must(t, err)
	i := slices.IndexFunc(tokens.rows, func(row examples.Example) bool { return row.ExampleID == id })
	line, err := json.Marshal(tokens.rows[i].InputIDs)
	must(t, err)
	var out bytes.Buffer
	must(t, LogitsLines(t.Context(), stages.Default, base, []string{dir}, bytes.NewReader(line), &out))
	var logits [][]float32
	must(t, json.Unmarshal(out.Bytes(), &logits))
	return logits[0]
}

// near says whether two texts' logits differ by no more than another order of sums.
func near(a, b []float32) bool {
	for i := range a {
		if math.Abs(float64(a[i]-b[i])) > 1e-5 {
			return false
		}
	}
	return len(a) == len(b)
}

// transformers drops out under a frozen base too: a document's hidden state is then another
// at every step, and is not computed once.
func TestHiddenStatesUnderDropoutAreNotKept(t *testing.T) {
	for _, dropout := range []float64{0, 0.1} {
		b, err := cpu.New(cpu.Options{})
		must(t, err)
		m, err := model.Open(t.Context(), b, randomBERT(t, dropout), graph.Frozen)
		must(t, err)
		head, err := m.AddAdapter("task", lora.Config{R: 1, TargetPattern: lora.NoModules}.Adapter(adapter.SeqCls), 2, 1)
		must(t, err)
		if v := (variant{{Adapter: head}}); v.headAlone(m) != (dropout == 0) {
			t.Errorf("dropout %g: hidden states are kept: %v", dropout, v.headAlone(m))
		}
		m.Close()
	}
}

func TestBERTIsNoLanguageModel(t *testing.T) {
	config := fmt.Sprintf(`{base: %q, peft: {target_modules: [query]}}`, randomBERT(t, 0))
	_, err := stagetest.Try(t, "train.pretrain", config, corpus(t, 60, 1).with(nil))
	if exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "predicts no next token") {
		t.Error(err)
	}
	spec, _ := stages.Default.Lookup("train.pretrain")
	built, err := spec.Build(stages.Default, stagetest.Resolve(t, spec.Config(), config))
	must(t, err)
	found := built.(stages.Checked).Check(t.Context(), stages.Givers{})
	if !slices.ContainsFunc(found, func(f stages.Fault) bool {
		return f.Key == "base" && strings.Contains(f.What(), "predicts no next token")
	}) {
		t.Errorf("before the first step: %v", found)
	}
}
