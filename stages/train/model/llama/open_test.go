package llama

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
	"github.com/clinflow/clinflow/stages/train/model"
)

// folderWith copies the golden model with its configuration and tensors changed.
func folderWith(t *testing.T, change func(config string, tensors map[string]checkpoint.Tensor) string) string {
	t.Helper()
	from := filepath.Join(goldenDir, "hf")
	w := must(checkpoint.Open(from))(t)
	defer w.Close()
	tensors := map[string]checkpoint.Tensor{}
	for _, name := range w.Names() {
		shape, _ := w.Shape(name)
		tensors[name] = checkpoint.Tensor{Shape: shape, Values: must(checkpoint.Read[float32](w, name, shape...))(t)}
	}
	config := change(string(must(os.ReadFile(filepath.Join(from, model.ConfigName)))(t)), tensors)
	dir := t.TempDir()
	err := checkpoint.SaveDir(dir, []checkpoint.File{
		{Name: model.ConfigName, Write: func(w io.Writer) error { _, err := io.WriteString(w, config); return err }},
		{Name: checkpoint.SafetensorsName, Write: func(w io.Writer) error { return checkpoint.Write(w, tensors) }},
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestOnlyAWholeModelIsOpened(t *testing.T) {
	const q = "model.layers.1.self_attn.q_proj."
	replace := func(old, changed string) func(string, map[string]checkpoint.Tensor) string {
		return func(config string, _ map[string]checkpoint.Tensor) string {
			return strings.Replace(config, old, changed, 1)
		}
	}
	for name, c := range map[string]struct {
		change func(string, map[string]checkpoint.Tensor) string
		want   string // "": it opens
	}{
		"as it is": {replace("", ""), ""},
		"a missing tensor": {func(config string, tensors map[string]checkpoint.Tensor) string {
			delete(tensors, q+"weight")
			return config
		}, q + "weight"},
		"a tensor without a place": {func(config string, tensors map[string]checkpoint.Tensor) string {
			tensors[q+"bias"] = checkpoint.Tensor{Shape: []int{1}, Values: []float32{1}}
			return config
		}, q + "bias"},
		"old rotary buffers": {func(config string, tensors map[string]checkpoint.Tensor) string {
			tensors["model.layers.0.self_attn.rotary_emb.inv_freq"] = checkpoint.Tensor{Shape: []int{1}, Values: []float32{1}}
			return config
		}, ""},
		"no head, not tied": {func(config string, tensors map[string]checkpoint.Tensor) string {
			delete(tensors, headName)
			return config
		}, "tie_word_embeddings is false"},
		"a sequence classifier": {func(config string, tensors map[string]checkpoint.Tensor) string {
			delete(tensors, headName)
			tensors[scoreName] = checkpoint.Tensor{Shape: []int{1, 32}, Values: make([]float32, 32)}
			return config
		}, "is a sequence classifier"},
		"a head that is tied": {replace(`"tie_word_embeddings": false`, `"tie_word_embeddings": true`), ""},
		"fewer layers":        {replace(`"num_hidden_layers": 2`, `"num_hidden_layers": 1`), "model.layers.1."},
		"far too many layers": {replace(`"num_hidden_layers": 2`, `"num_hidden_layers": 2000000000`), "model.layers.1999999999."},
		"far too many words":  {replace(`"vocab_size": 64`, `"vocab_size": 2000000000`), "[2000000000 32]"},
		"too wide a layer":    {replace(`"intermediate_size": 48`, `"intermediate_size": 2000000000`), "gate_proj"},
		"too many key heads":  {replace(`"num_key_value_heads": 2`, `"num_key_value_heads": 4`), "k_proj"},
		"too wide heads":      {replace(`"head_dim": 8`, `"head_dim": 400000000`), "q_proj"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folderWith(t, c.change)
			m, err := model.Open(t.Context(), must(cpu.New(cpu.Options{}))(t), dir, graph.Frozen)
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				m.Close()
				return
			}
			if exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("got %v, want the folder and %q", err, c.want)
			}
		})
	}
}

func TestSequencesLongerThanTheModelsPositions(t *testing.T) {
	m := must(model.Open(t.Context(), must(cpu.New(cpu.Options{}))(t), filepath.Join(goldenDir, "hf"), graph.Frozen))(t)
	defer m.Close()
	if _, err := m.Graph(graph.Options{Batch: 1, Seq: 65}); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "max_position_embeddings") {
		t.Errorf("got %v", err)
	}
	g := must(m.Graph(graph.Options{Batch: 1, Seq: 64}))(t)
	if _, err := m.ClassLogits(g); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "no classification head") {
		t.Errorf("no head: %v", err)
	}
}

// Attention has no window here: a text that is longer is refused when it is asked for.
func TestSequencesLongerThanTheSlidingWindow(t *testing.T) {
	m := must(New(t.Context(), must(cpu.New(cpu.Options{}))(t), Config{
		Class: Mistral, HiddenSize: 8, IntermediateSize: 12, NumHiddenLayers: 1, NumAttentionHeads: 2, NumKeyValueHeads: 1, HeadDim: 4, VocabSize: 16,
		MaxPositionEmbeddings: 32, RMSNormEps: 1e-6, RopeTheta: 500, SlidingWindow: 9,
	}, 1))(t)
	defer m.Close()
	if _, err := m.Graph(graph.Options{Batch: 1, Seq: 10}); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "10 tokens are longer than the model's sliding_window 9") {
		t.Errorf("got %v", err)
	}
	must(m.Graph(graph.Options{Batch: 1, Seq: 9}))(t)
}

// What is trained, saved and opened again computes the same.
func TestSavedModel(t *testing.T) {
	dir := t.TempDir()
	m := must(model.Open(t.Context(), must(cpu.New(cpu.Options{}))(t), filepath.Join(goldenDir, "hf"), graph.Trainable))(t)
	defer m.Close()
	if err := checkpoint.SaveDir(dir, m.Files()); err != nil {
		t.Fatal(err)
	}
	got := must(os.ReadFile(filepath.Join(dir, checkpoint.SafetensorsName)))(t)
	want := must(os.ReadFile(filepath.Join(goldenDir, "hf", checkpoint.SafetensorsName)))(t)
	if string(got) != string(want) {
		t.Error("the weights differ from what transformers saved")
	}
	if got := must(model.ReadConfig(dir))(t).(Config); got.HiddenSize != 32 || got.RopeTheta != 10000 {
		t.Errorf("the configuration reads %+v", got)
	}
}
