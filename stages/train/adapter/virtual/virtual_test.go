package virtual_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/adapter"
	_ "github.com/clinflow/clinflow/stages/train/adapter/prefix"
	_ "github.com/clinflow/clinflow/stages/train/adapter/prompt"
	_ "github.com/clinflow/clinflow/stages/train/adapter/ptuning"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
)

// casesDir holds adapters that PEFT saved (oracle/peft_golden.py), over bases of two
// layers, four heads and 16 columns.
const casesDir = "../../parity/testdata/cases"

var base = adapter.Base{ModelType: "llama", Attentions: 2, Heads: 4, KVHeads: 2, KeyColumns: 8, Hidden: 16, Head: adapter.HeadModule{Name: "score"}}

func params(t *testing.T) *graph.Params {
	t.Helper()
	backend, err := cpu.New(cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ps := graph.NewParams(backend)
	t.Cleanup(ps.Close)
	return ps
}

// changed is an adapter folder with another word in its configuration.
func changed(t *testing.T, name, old, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(casesDir, name, "adapter"))); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, adapter.ConfigName)
	good, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(good), old) {
		t.Fatalf("%s is not in the file, or %v", old, err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(good), old, text, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestAdaptersThatAreRefused(t *testing.T) {
	for _, c := range []struct{ name, old, changed, want string }{
		{"prompt", `"num_virtual_tokens": 3`, `"num_virtual_tokens": null`, "num_virtual_tokens: is null"},
		{"prompt", `"num_virtual_tokens": 3`, `"num_virtual_tokens": 0`, "num_virtual_tokens: is 0"},
		{"prompt", `"num_virtual_tokens": 3`, `"num_virtual_tokens": 4`, "prompt_embeddings"},
		{"prompt", `"token_dim": 16`, `"token_dim": 8`, "token_dim: is 8, the base model's is 16"},
		{"prompt", `"num_layers": 2`, `"num_layers": 3`, "num_layers: is 3"},
		{"prompt", `"num_transformer_submodules": 1`, `"num_transformer_submodules": 2`, "num_transformer_submodules: is 2"},
		{"prompt", `"prompt_tuning_init": "RANDOM"`, `"prompt_tuning_init": "TEXT"`, "tokenizer_name_or_path: is missing"},
		{"prompt", `"prompt_tuning_init": "RANDOM"`, `"prompt_tuning_init": "NOISE"`, `prompt_tuning_init: is "NOISE"`},
		{"prefix", `"num_attention_heads": 2`, `"num_attention_heads": 4`, "num_attention_heads: is 4, the base model's is 2"},
		{"prefix", `"encoder_hidden_size": 8`, `"encoder_hidden_size": -1`, "encoder_hidden_size: is -1"},
		{"p_tuning_lstm", `"LSTM"`, `"GRU"`, `encoder_reparameterization_type: is "GRU"`},
		{"p_tuning_lstm", `"encoder_num_layers": 2`, `"encoder_num_layers": 0`, "encoder_num_layers: is 0"},
		{"p_tuning_lstm", `"encoder_dropout": 0.0`, `"encoder_dropout": 1.0`, "encoder_dropout: is 1"},
		{"p_tuning_lstm", `"encoder_hidden_size": 5`, `"encoder_hidden_size": -5`, "encoder_hidden_size: is -5"},
	} {
		_, err := adapter.Load(t.Context(), params(t), "a", changed(t, c.name, c.old, c.changed), base, graph.Frozen)
		if exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.changed, err, c.want)
		}
	}
}

// What PEFT fills in itself when it reads the file may be left to the base, and how values
// began does not matter once they are there.
func TestSettingsThatChangeNothing(t *testing.T) {
	for _, c := range [][3]string{
		{"prefix", `"token_dim": 8`, `"token_dim": null`}, {"prefix", `"num_attention_heads": 2`, `"num_attention_heads": null`},
		{"prefix", `"init_weights": null`, `"init_weights": "zero"`}, {"prefix", `"num_transformer_submodules": 1`, `"num_transformer_submodules": null`},
		{"prompt", `"prompt_tuning_init": "RANDOM"`, `"prompt_tuning_init": "SAMPLE_VOCAB"`}, {"prefix", `"prefix_projection": false`, `"prefix_projection": true`},
	} {
		if _, err := adapter.Load(t.Context(), params(t), "a", changed(t, c[0], c[1], c[2]), base, graph.Frozen); err != nil {
			t.Errorf("%s: %v", c[2], err)
		}
	}
}

// A file without what training needs is read to be used, and not to be trained.
func TestEncodersAreNotInTheFile(t *testing.T) {
	for _, name := range []string{"prefix_projection", "p_tuning_mlp", "p_tuning_lstm"} {
		dir := filepath.Join(casesDir, name, "adapter")
		if _, err := adapter.Load(t.Context(), params(t), "a", dir, base, graph.Frozen); err != nil {
			t.Error(name, err)
		}
		_, err := adapter.Load(t.Context(), params(t), "a", dir, base, graph.Trainable)
		if exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), "the adapter's encoder, which PEFT does not save") || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Initial values are drawn as torch draws them: an embedding's standard normal, a linear
// layer's within ±1/√in, bias too, an LSTM's within ±1/√hidden.
func TestInitialValues(t *testing.T) {
	wide := base
	wide.Hidden, wide.KeyColumns = 64, 64
	for _, c := range []struct {
		text   string
		bounds map[string]float64 // by the ends of names; 0: standard normal
	}{
		{`"peft_type": "PROMPT_TUNING"`, map[string]float64{"prompt_embeddings": 0}},
		{`"peft_type": "PREFIX_TUNING"`, map[string]float64{"prompt_embeddings": 0}},
		{`"peft_type": "PREFIX_TUNING", "prefix_projection": true, "encoder_hidden_size": 256`, map[string]float64{
			"prompt_encoder.embedding.weight": 0, "prompt_encoder.transform.0.weight": 1. / 8, "prompt_encoder.transform.0.bias": 1. / 8,
			"prompt_encoder.transform.2.weight": 1. / 16, "prompt_encoder.transform.2.bias": 1. / 16,
		}},
		{`"peft_type": "P_TUNING", "encoder_hidden_size": 256`, map[string]float64{
			"prompt_encoder.embedding.weight": 0, "mlp_head.0.weight": 1. / 8, "mlp_head.0.bias": 1. / 8, "mlp_head.2.weight": 1. / 16, "mlp_head.4.bias": 1. / 16,
		}},
		{`"peft_type": "P_TUNING", "encoder_reparameterization_type": "LSTM", "encoder_hidden_size": 64, "encoder_num_layers": 1`, map[string]float64{
			"weight_ih_l0": 1. / 8, "weight_hh_l0_reverse": 1. / 8, "bias_ih_l0": 1. / 8, "bias_hh_l0_reverse": 1. / 8, "mlp_head.0.bias": 1 / math.Sqrt(128),
		}},
	} {
		config, err := adapter.ParseConfig([]byte(`{"task_type": "CAUSAL_LM", "num_virtual_tokens": 64, ` + c.text + `}`))
		if err != nil {
			t.Fatal(err)
		}
		ps := params(t)
		if _, err := adapter.New(ps, "a", config, wide, 0, 7); err != nil {
			t.Fatal(err)
		}
		for end, bound := range c.bounds {
			found := false
			for _, p := range ps.All() {
				if strings.HasSuffix(p.Name(), end) {
					found = true
					checkDistribution(t, p, bound)
				}
			}
			if !found {
				t.Errorf("%s: no parameter %s", c.text, end)
			}
		}
	}
}

// checkDistribution looks at mean and variance, by four standard errors, and the range.
func checkDistribution(t *testing.T, p *graph.Param, bound float64) {
	t.Helper()
	values, err := p.Values()
	if err != nil {
		t.Fatal(err)
	}
	variance, spread := bound*bound/3, bound*bound*math.Sqrt(4./45)
	if bound == 0 {
		variance, spread = 1, math.Sqrt2
	}
	var sum, squares float64
	for _, v := range values {
		if bound > 0 && math.Abs(float64(v)) > bound {
			t.Fatalf("%s: %g is beyond %g", p.Name(), v, bound)
		}
		sum, squares = sum+float64(v), squares+float64(v)*float64(v)
	}
	n := float64(len(values))
	if math.Abs(sum/n) > 4*math.Sqrt(variance/n) || math.Abs(squares/n-variance) > 4*spread/math.Sqrt(n) {
		t.Errorf("%s: mean %g, variance %g, want 0 and %g", p.Name(), sum/n, squares/n, variance)
	}
}

// An encoder's dropout is for training alone: what is saved and used is without.
func TestTheSavedOutputHasNoDropout(t *testing.T) {
	output := func(dropout string) string {
		config, err := adapter.ParseConfig([]byte(`{"task_type": "CAUSAL_LM", "num_virtual_tokens": 3, "peft_type": "P_TUNING", "encoder_reparameterization_type": "LSTM", "encoder_hidden_size": 4, "encoder_dropout": ` + dropout + `}`))
		if err != nil {
			t.Fatal(err)
		}
		a, err := adapter.New(params(t), "a", config, base, 0, 7)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := checkpoint.SaveDir(dir, a.Files()); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(dir, adapter.WeightsName))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	if output("0.9") != output("0") {
		t.Error("the output differs from that of the same network without dropout")
	}
}
