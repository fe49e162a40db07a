package model_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/adapter/lora"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
	"github.com/clinflow/clinflow/stages/train/model"
	"github.com/clinflow/clinflow/stages/train/model/llama"
)

// words is an architecture of one's own: a text's last word, and a linear layer. It
// predicts no next token.
type words struct {
	config       wordsConfig
	params       *graph.Params
	embed, dense *graph.Param
}

type wordsConfig struct {
	Hidden     int `json:"hidden_size"`
	Vocabulary int `json:"vocab_size"`
}

func init() {
	model.Register("words", func(_ string, data []byte) (model.Config, error) {
		var c wordsConfig
		err := json.Unmarshal(data, &c)
		return c, err
	})
}

func (c wordsConfig) Language() bool { return false }

func (c wordsConfig) Limits() model.Limits {
	return model.Limits{Vocabulary: c.Vocabulary, Positions: 8}
}

func (c wordsConfig) CheckWeights(w *checkpoint.Weights, _ string) error {
	return w.View("embed.weight", []int{c.Vocabulary, c.Hidden}, func(kernel.Host) error { return nil })
}

func (c wordsConfig) Open(ctx context.Context, b kernel.Backend, w *checkpoint.Weights, dir string, mode graph.Mode) (model.Architecture, error) {
	n := &words{config: c, params: graph.NewParams(b)}
	n.embed = n.params.Add("embed.weight", mode, c.Vocabulary, c.Hidden)
	n.dense = n.params.Add("dense.weight", mode, c.Hidden, c.Hidden)
	return n, model.Upload(ctx, w, dir, []model.Tensor{{Name: "embed.weight", Param: n.embed}, {Name: "dense.weight", Param: n.dense}}, func(string) bool { return false })
}

func (c wordsConfig) Build(kernel.Backend, graph.Mode) (model.Architecture, error) {
	return nil, errors.New("is not built without weights")
}

func (c wordsConfig) Random(context.Context, kernel.Backend, graph.Mode, int64) (model.Architecture, error) {
	return nil, errors.New("draws nothing")
}

func (n *words) Params() *graph.Params        { return n.params }
func (n *words) Limits() model.Limits         { return n.config.Limits() }
func (n *words) Special() model.SpecialTokens { return model.SpecialTokens{BOS: -1} }
func (n *words) Pooled(ids []int32) []int32   { return ids }
func (n *words) LanguageHead() *graph.Param   { return nil }
func (n *words) Drops() bool                  { return false }

func (n *words) Base() adapter.Base {
	return adapter.Base{
		Layers: []adapter.Layer{n.layer()}, Hidden: n.config.Hidden, InitializerRange: 0.5,
		Head: adapter.HeadModule{Name: "classifier", Bias: true},
	}
}

func (n *words) layer() adapter.Layer {
	return adapter.Layer{Name: "dense", In: n.config.Hidden, Out: n.config.Hidden}
}

func (n *words) Hidden(g *graph.Graph, hooks adapter.Method) *graph.Node {
	x := hooks.Embed(g, g.Embedding(n.embed))
	return hooks.Linear(g, n.layer(), x, g.Linear(x, n.dense, nil))
}

func (n *words) Pool(g *graph.Graph, _ adapter.Method, hidden *graph.Node) *graph.Node {
	return g.LastToken(hidden)
}

func (n *words) Files() []checkpoint.File {
	return []checkpoint.File{{Name: checkpoint.SafetensorsName, Write: func(w io.Writer) error {
		return model.Write(w, []*graph.Param{n.embed, n.dense})
	}}}
}

// folder writes a folder of 5 words of 2 columns.
func folder(t *testing.T, config string) string {
	t.Helper()
	dir := t.TempDir()
	if err := checkpoint.SaveDir(dir, []checkpoint.File{
		{Name: model.ConfigName, Write: func(w io.Writer) error { _, err := io.WriteString(w, config); return err }},
		{Name: checkpoint.SafetensorsName, Write: func(w io.Writer) error {
			return checkpoint.Write(w, map[string]checkpoint.Tensor{
				"embed.weight": {Shape: []int{5, 2}, Values: []float32{0, 0, 1, 0, 0, 1, 2, 3, 4, 5}},
				"dense.weight": {Shape: []int{2, 2}, Values: []float32{1, 2, 0, 1}},
			})
		}},
	}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func backend(t *testing.T) kernel.Backend {
	t.Helper()
	b, err := cpu.New(cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAnArchitectureOfOnesOwn(t *testing.T) {
	b, dir := backend(t), folder(t, `{"model_type": "words", "hidden_size": 2, "vocab_size": 5}`)
	if got, err := model.Look(dir); err != nil || got.Vocabulary != 5 {
		t.Errorf("looks like %+v, %v", got, err)
	}
	m, err := model.Open(t.Context(), b, dir, graph.Frozen)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	a, err := m.AddAdapter("task", lora.Config{R: 1, LoraAlpha: 1, TargetModules: []string{"dense"}}.Adapter(adapter.SeqCls), 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	for p, values := range map[*graph.Param][]float32{a.Head.Weight: {1, 0, 0, 1}, a.Head.Bias: {100, 200}} {
		if err := p.Upload(kernel.F32s(values)); err != nil {
			t.Fatal(err)
		}
	}
	adapters := t.TempDir()
	if err := checkpoint.SaveDir(adapters, a.Files()); err != nil {
		t.Fatal(err)
	}
	in, err := model.Inspect(t.Context(), b, dir, []string{adapters})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	// The last word is (2, 3): the layer makes 1·2 + 2·3 and 1·3 of it.
	if got, err := in.Logits([]int32{1, 3}); err != nil || len(got) != 1 || got[0][0] != 108 || got[0][1] != 203 {
		t.Errorf("logits %v, %v", got, err)
	}
	if _, err := in.Logits([]int32{5}); exit.Of(err) != exit.BadData {
		t.Errorf("a word outside: %v", err)
	}
	g, err := m.Graph(graph.Options{Batch: 1, Seq: 8})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.LMLoss(g); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "predicts no next token") {
		t.Errorf("as a language model: %v", err)
	}
}

func TestUnknownArchitecturesAreRefusedWithTheKnownOnes(t *testing.T) {
	var _ llama.Config // registered
	for config, want := range map[string]string{
		`{"model_type": "gemma"}`: `model_type: is "gemma"; supported: llama, mistral, qwen2, words`,
		`{"model_type": 7}`:       `supported: llama, mistral, qwen2, words`,
		`{}`:                      `model_type: is ""`,
		`[]`:                      "malformed",
	} {
		dir := folder(t, config)
		_, err := model.Open(t.Context(), backend(t), dir, graph.Frozen)
		if exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), filepath.Join(dir, model.ConfigName)) {
			t.Errorf("%s: got %v, want the file and %q", config, err, want)
		}
	}
	if _, err := model.ReadConfig(t.TempDir()); exit.Of(err) != exit.Usage {
		t.Errorf("no folder of a model: %v", err)
	}
}
