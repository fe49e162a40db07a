package parity

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
	"github.com/clinflow/clinflow/stages/train/model"
	"github.com/clinflow/clinflow/stages/train/trainer"
)

// reload is a new adapter of keys that a user would write.
type reload struct {
	base, task string   // lm or softmax
	peft       string   // YAML
	save       []string // modules of the base that are trained and saved along
}

// reloads are all methods with each option that adds tensors to the file, as language
// models and as classifiers, over LLaMA and BERT where it applies.
func reloads() (all []reload) {
	for _, peft := range []string{
		"{type: none}",
		"{type: full}",
		"{type: lora}",
		"{type: lora, target_modules: [all-linear], rank_pattern: [{layers: '.*', value: 3}]}",
		"{type: lora, bias: all}",
		"{type: lora, bias: lora_only}",
		"{type: prompt_tuning, num_virtual_tokens: 2}",
		"{type: prefix_tuning, num_virtual_tokens: 2}",
		"{type: prefix_tuning, num_virtual_tokens: 2, prefix_projection: true}",
		"{type: p_tuning, num_virtual_tokens: 2, encoder_hidden_size: 3}",
		"{type: p_tuning, num_virtual_tokens: 2, encoder_hidden_size: 3, encoder_reparameterization_type: LSTM}",
	} {
		all = append(all, reload{"llama_biased", "softmax", peft, nil}, reload{"bert", "softmax", peft, nil})
		if peft != "{type: none}" { // which leaves a language model nothing to train
			all = append(all, reload{"llama_biased", "lm", peft, nil})
		}
	}
	return append(all,
		reload{"llama_grouped", "lm", "{type: adaption_prompt, adapter_len: 2, adapter_layers: 1}", nil},
		reload{"llama_grouped", "softmax", "{type: adaption_prompt, adapter_len: 2, adapter_layers: 1}", nil},
		reload{"llama_grouped", "lm", "{type: lora}", []string{"embed_tokens", "lm_head"}},
		reload{"llama_grouped", "softmax", "{type: lora}", []string{"mlp", "norm"}},
		reload{"bert", "softmax", "{type: lora}", []string{"pooler", "LayerNorm"}})
}

// What is trained predicts to the last bit the same when it is saved and loaded over the
// base: no tensor stays behind, the head least of all (transformers#26160: classifiers
// were loaded with a new head).
func TestTrainedAdaptersPredictTheSameOnceLoaded(t *testing.T) {
	for _, r := range reloads() {
		t.Run(fmt.Sprint(r.base, " ", r.task, " ", r.peft, r.save), func(t *testing.T) {
			m, a := r.train(t)
			dir := t.TempDir()
			if err := checkpoint.SaveDir(dir, a.Files()); err != nil {
				t.Fatal(err)
			}
			again := r.open(t)
			must(again.LoadAdapter(t.Context(), "loaded", dir, graph.Frozen))(t)
			if !slices.Equal(r.logits(t, again), r.logits(t, m)) {
				t.Error("the adapter predicts something else once it is saved and loaded")
			}
			if a.Head != nil {
				r.refuseWithoutHead(t, dir)
			}
		})
	}
}

// train takes a few steps, in which every trained parameter moves: one that stayed as it
// began would not be missed in the file.
func (r reload) train(t *testing.T) (*model.Model, *adapter.Adapter) {
	t.Helper()
	m := r.open(t)
	a := must(m.AddAdapter("new", r.config(t), labels, 7))(t)
	before := map[string][]float32{}
	for _, p := range m.Params().Trainable() {
		before[p.Name()] = must(p.Values())(t)
	}
	to := trainer.Trainer{
		Env: stages.Default, Name: "reload", Model: m, Train: documents(), Epochs: 2, BatchSize: 4, LearningRate: 0.05,
		Optimization: trainer.Optimization{Accumulation: 2, WeightDecay: 0.01, LogEvery: 10, SaveEvery: 100},
	}
	to.Objective = trainer.Classifier{Logits: m.ClassLogits, NumLabels: labels}
	if r.task == "lm" {
		to.Objective = to.LanguageModel()
	}
	must(to.Learn(t.Context(), must(store.Open(t.TempDir()))(t)))(t)
	for _, p := range m.Params().Trainable() {
		if slices.Equal(must(p.Values())(t), before[p.Name()]) {
			t.Errorf("%s was not trained", p.Name())
		}
	}
	return m, a
}

func (r reload) open(t *testing.T) *model.Model {
	t.Helper()
	m := must(model.Open(t.Context(), must(cpu.New(cpu.Options{}))(t), filepath.Join("testdata/bases", r.base), graph.Frozen))(t)
	t.Cleanup(m.Close)
	return m
}

func (r reload) config(t *testing.T) adapter.Config {
	t.Helper()
	var peft adapter.PEFT
	resolved := must(dags.Resolve("peft", []byte(r.peft), peft.Fields()))(t)
	if err := json.Unmarshal(resolved, &peft); err != nil {
		t.Fatal(err)
	}
	c := peft.Config(map[string]string{"lm": adapter.CausalLM, "softmax": adapter.SeqCls}[r.task], r.base)
	c.ModulesToSave = r.save
	return c
}

func (r reload) logits(t *testing.T, m *model.Model) []float64 {
	t.Helper()
	return parityCase{
		Task: r.task, InputIDs: [][]int32{{1, 5, 9, 3, 14, 7}, {1, 30, 8, 0, 0, 0}}, AttentionMask: [][]int32{{1, 1, 1, 1, 1, 1}, {1, 1, 1, 0, 0, 0}},
		Labels: json.RawMessage("[0, 0]"),
	}.logits(t, m)
}

// refuseWithoutHead demands that a folder is not loaded once the head is taken out of its
// weights.
func (r reload) refuseWithoutHead(t *testing.T, dir string) {
	t.Helper()
	path := filepath.Join(dir, adapter.WeightsName)
	if strings.Contains(r.peft, "full") {
		path = filepath.Join(dir, checkpoint.SafetensorsName)
	}
	left := map[string]checkpoint.Tensor{}
	file := must(checkpoint.OpenFile(path))(t)
	for _, name := range file.Names() {
		if !strings.Contains(name, "score.") && !strings.Contains(name, "classifier.") {
			shape, _ := file.Shape(name)
			left[name] = checkpoint.Tensor{Shape: shape, Values: must(checkpoint.Read[float32](file, name, shape...))(t)}
		}
	}
	file.Close()
	if err := checkpoint.SaveDir(dir, []checkpoint.File{{Name: filepath.Base(path), Write: func(w io.Writer) error { return checkpoint.Write(w, left) }}}); err != nil {
		t.Fatal(err)
	}
	_, err := r.open(t).LoadAdapter(t.Context(), "headless", dir, graph.Frozen)
	if exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), "score.weight") && !strings.Contains(err.Error(), "classifier.weight") {
		t.Errorf("a file without the head: %v", err)
	}
}

// documents are texts of the bases' 40 words.
func documents() (rows examples.Rows) {
	for i := range int32(20) {
		ids := []int32{1, 3 + i, 3 + i*7%37, 5 + i%3, 3 + i*11%37}
		rows = append(rows, examples.Example{ExampleID: fmt.Sprint(i), Split: "train", InputIDs: ids, NTokens: int32(len(ids)), Label: i % labels})
	}
	return rows
}
