package bert

import (
	"context"
	"errors"
	"io"
	"maps"
	"math"
	"slices"
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
)

var tiny = Config{
	HiddenSize: 8, IntermediateSize: 12, NumHiddenLayers: 2, NumAttentionHeads: 2, VocabSize: 12, MaxPositionEmbeddings: 10,
	TypeVocabSize: 2, HiddenAct: "gelu", LayerNormEps: 1e-12, InitializerRange: 0.5,
}

type tensors map[string]checkpoint.Tensor

// rename calls each tensor what name says.
func (ts tensors) rename(name func(string) string) {
	for _, old := range slices.Collect(maps.Keys(ts)) {
		tensor := ts[old]
		delete(ts, old)
		ts[name(old)] = tensor
	}
}

// folderWith saves a random model with its tensors changed.
func folderWith(t *testing.T, c Config, change func(tensors)) string {
	t.Helper()
	b := must(cpu.New(cpu.Options{}))(t)
	n := must(tiny.Random(t.Context(), b, graph.Frozen, 3))(t)
	defer n.Params().Close()
	ts := tensors{}
	for _, p := range n.Params().All() {
		ts[p.Name()] = checkpoint.Tensor{Shape: p.Shape(), Values: must(p.Values())(t)}
	}
	change(ts)
	dir := t.TempDir()
	if err := checkpoint.SaveDir(dir, []checkpoint.File{
		{Name: model.ConfigName, Write: c.Write},
		{Name: checkpoint.SafetensorsName, Write: func(w io.Writer) error { return checkpoint.Write(w, ts) }},
	}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// open opens a folder and adds a head that is the same each time.
func open(t *testing.T, dir string) *model.Model {
	t.Helper()
	m := must(model.Open(t.Context(), must(cpu.New(cpu.Options{}))(t), dir, graph.Frozen))(t)
	t.Cleanup(m.Close)
	must(m.AddAdapter("task", lora.Config{R: 1, LoraAlpha: 1, TargetPattern: lora.NoModules}.Adapter(adapter.SeqCls), 2, 1))(t)
	return m
}

// logits are of two texts of four and two tokens.
func logits(t *testing.T, m *model.Model, o graph.Options, step uint64) []float32 {
	t.Helper()
	o.Batch, o.Seq = 2, 4
	g := must(m.Graph(o))(t)
	out := g.Output(must(m.ClassLogits(g))(t))
	machine := must(g.Compile())(t)
	defer machine.Close()
	must(machine.Run(graph.Batch{InputIDs: []int32{1, 2, 3, 4, 1, 5, 0, 0}, Lengths: []int32{4, 2}, Step: step}))(t)
	values := make([]float32, 4)
	if err := machine.Read(out, kernel.F32s(values)); err != nil {
		t.Fatal(err)
	}
	return values
}

func some(shape ...int) checkpoint.Tensor {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return checkpoint.Tensor{Shape: shape, Values: slices.Repeat([]float32{0.25}, n)}
}

// Whatever class of transformers saved it, the same weights compute the same.
func TestCheckpointsOfAllClassesAreRead(t *testing.T) {
	want := logits(t, open(t, folderWith(t, tiny, func(tensors) {})), graph.Options{}, 0)
	for name, change := range map[string]func(tensors){
		"BertModel": func(ts tensors) { ts.rename(func(name string) string { return strings.TrimPrefix(name, "bert.") }) },
		"of TensorFlow": func(ts tensors) {
			ts.rename(strings.NewReplacer("LayerNorm.weight", "LayerNorm.gamma", "LayerNorm.bias", "LayerNorm.beta").Replace)
			ts["cls.predictions.transform.LayerNorm.gamma"] = some(8)
		},
		"BertForPreTraining": func(ts tensors) {
			ts["cls.predictions.bias"], ts["cls.predictions.decoder.weight"] = some(12), some(12, 8)
			ts["cls.seq_relationship.weight"], ts["cls.seq_relationship.bias"] = some(2, 8), some(2)
		},
		"old buffers": func(ts tensors) { ts["bert.embeddings.position_ids"] = some(1, 10) },
		"old buffers of a BertModel": func(ts tensors) {
			ts.rename(func(name string) string { return strings.TrimPrefix(name, "bert.") })
			ts["embeddings.position_ids"] = some(1, 10)
		},
		"UmlsBERT": func(ts tensors) { ts["bert.embeddings.tui_type_embeddings.weight"] = some(7, 8) },
	} {
		if got := logits(t, open(t, folderWith(t, tiny, change)), graph.Options{}, 0); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestOnlyAWholeModelIsOpened(t *testing.T) {
	with := func(change func(*Config)) Config {
		c := tiny
		change(&c)
		return c
	}
	for name, c := range map[string]struct {
		config Config
		change func(tensors)
		want   string
	}{
		"no pooler": {tiny, func(ts tensors) {
			delete(ts, "bert.pooler.dense.weight")
			delete(ts, "bert.pooler.dense.bias")
		}, "no pooler"},
		"a missing bias":          {tiny, func(ts tensors) { delete(ts, "bert.encoder.layer.1.output.dense.bias") }, "bert.encoder.layer.1.output.dense.bias"},
		"no words":                {tiny, func(ts tensors) { delete(ts, wordsName) }, "word_embeddings"},
		"tensor without a place":  {tiny, func(ts tensors) { ts["bert.encoder.layer.0.crossattention.self.query.weight"] = some(8, 8) }, "crossattention"},
		"both names of a norm":    {tiny, func(ts tensors) { ts["bert.embeddings.LayerNorm.gamma"] = some(8) }, "LayerNorm.gamma"},
		"fewer layers":            {with(func(c *Config) { c.NumHiddenLayers = 1 }), func(tensors) {}, "bert.encoder.layer.1."},
		"far too many layers":     {with(func(c *Config) { c.NumHiddenLayers = 2000000000 }), func(tensors) {}, "layer.1999999999."},
		"far too many positions":  {with(func(c *Config) { c.MaxPositionEmbeddings = 2000000000 }), func(tensors) {}, "position_embeddings"},
		"far too many words":      {with(func(c *Config) { c.VocabSize = 2000000000 }), func(tensors) {}, "word_embeddings"},
		"far too many types":      {with(func(c *Config) { c.TypeVocabSize = 2000000000 }), func(tensors) {}, "token_type_embeddings"},
		"a feed-forward too wide": {with(func(c *Config) { c.IntermediateSize = 2000000000 }), func(tensors) {}, "intermediate.dense"},
	} {
		dir := folderWith(t, c.config, c.change)
		_, err := model.Open(t.Context(), must(cpu.New(cpu.Options{}))(t), dir, graph.Frozen)
		_, looked := model.Look(dir)
		if exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), c.want) || strings.HasPrefix(name, "far") && looked == nil {
			t.Errorf("%s: got %v and %v, want %q", name, err, looked, c.want)
		}
	}
}

// In training each dropout of the configuration is at work under a frozen base too, and
// one that is 0 leaves what is computed without training.
func TestDropoutInTraining(t *testing.T) {
	training := graph.Options{Training: true, Seed: 5}
	none := logits(t, open(t, folderWith(t, tiny, func(tensors) {})), graph.Options{}, 0)
	for name, set := range map[string]func(*Config){
		"none": func(*Config) {}, "hidden": func(c *Config) { c.HiddenDropout = 0.3 },
		"attention": func(c *Config) { c.AttentionDropout = 0.5 }, "classifier": func(c *Config) { c.ClassifierDropout = 0.5 },
	} {
		c := tiny
		set(&c)
		m := open(t, folderWith(t, c, func(tensors) {}))
		if m.Drops() != (name != "none") || !slices.Equal(logits(t, m, graph.Options{}, 0), none) {
			t.Errorf("%s: the model drops: %v, or without training", name, m.Drops())
		}
		first, second := logits(t, m, training, 1), logits(t, m, training, 2)
		if slices.Equal(first, none) != (name == "none") || slices.Equal(first, second) != (name == "none") {
			t.Errorf("%s: %v and %v in training, %v without", name, first, second, none)
		}
	}
}

// A drawn model has the distribution that its configuration says, and is the same for the
// same seed.
func TestRandomModels(t *testing.T) {
	b := must(cpu.New(cpu.Options{}))(t)
	values := func(seed int64, name string) []float32 {
		n := must(tiny.Random(t.Context(), b, graph.Frozen, seed))(t)
		defer n.Params().Close()
		for _, p := range n.Params().All() {
			if p.Name() == name {
				return must(p.Values())(t)
			}
		}
		t.Fatal(name)
		return nil
	}
	const query = "bert.encoder.layer.1.attention.self.query."
	if one := values(1, query+"weight"); slices.Equal(one, values(2, query+"weight")) || !slices.Equal(one, values(1, query+"weight")) {
		t.Error("the weights do not depend on the seed alone")
	} else if std := deviation(one); std < 0.3 || std > 0.7 {
		t.Errorf("the standard deviation is %g", std)
	}
	if deviation(values(1, query+"bias")) != 0 || !slices.Equal(values(1, "bert.embeddings.LayerNorm.weight"), slices.Repeat([]float32{1}, 8)) {
		t.Error("biases are not 0, or norms not 1")
	}
	wrong := tiny
	wrong.NumAttentionHeads = 3
	if _, err := wrong.Random(t.Context(), b, graph.Frozen, 1); exit.Of(err) != exit.Usage {
		t.Error(err)
	}
}

func deviation(values []float32) float64 {
	var squares float64
	for _, v := range values {
		squares += float64(v) * float64(v)
	}
	return math.Sqrt(squares / float64(len(values)))
}

// What is saved and opened again computes the same.
func TestSavedModel(t *testing.T) {
	m := open(t, folderWith(t, tiny, func(tensors) {}))
	dir := t.TempDir()
	if err := checkpoint.SaveDir(dir, m.Files()); err != nil {
		t.Fatal(err)
	}
	if got, want := logits(t, open(t, dir), graph.Options{}, 0), logits(t, m, graph.Options{}, 0); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// A language model is not made of it by any way in.
func TestNoNextTokenIsPredicted(t *testing.T) {
	dir := folderWith(t, tiny, func(tensors) {})
	in := must(model.Inspect(t.Context(), must(cpu.New(cpu.Options{}))(t), dir, nil))(t)
	defer in.Close()
	if _, err := in.Logits([]int32{1, 2}); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "next token") {
		t.Errorf("got %v", err)
	}
	if _, err := in.Generate([]int32{1}, 2); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "next token") {
		t.Errorf("got %v", err)
	}
}

// A model may have many layers: their making ends with ctx.
func TestMakingEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	many := tiny
	many.NumHiddenLayers = math.MaxInt32
	if _, err := many.Random(ctx, must(cpu.New(cpu.Options{}))(t), graph.Frozen, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}
