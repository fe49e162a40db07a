package adaption

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
)

func base() adapter.Base {
	return adapter.Base{ModelType: "mistral", Attentions: 3, Heads: 4, KVHeads: 2, KeyColumns: 32, Hidden: 64, Layers: []adapter.Layer{
		{Name: "model.layers.0.self_attn.q_proj", In: 64, Out: 64}, {Name: "model.layers.0.self_attn.k_proj", In: 64, Out: 32},
	}}
}

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

func config(length, layers int) adapter.Config {
	return adapter.Config{PEFTType: PEFTType, Method: Config{length, layers}, TaskType: adapter.CausalLM}
}

// As PEFT begins: prompts standard normal, gates zero, in the last layers alone.
func TestInitialValues(t *testing.T) {
	ps := params(t)
	if _, err := adapter.New(ps, "a", config(50, 2), base(), 0, 7); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range ps.All() {
		names = append(names, p.Name())
		values, err := p.Values()
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(p.Name(), "gate") {
			if !slices.Equal(values, []float32{0}) {
				t.Errorf("%s is %v", p.Name(), values)
			}
			continue
		}
		var sum, squares float64
		for _, v := range values {
			sum, squares = sum+float64(v), squares+float64(v)*float64(v)
		}
		// Four standard errors of mean and variance.
		if n := float64(len(values)); math.Abs(sum/n) > 4/math.Sqrt(n) || math.Abs(squares/n-1) > 4*math.Sqrt(2/n) {
			t.Errorf("%s: mean %g, variance %g", p.Name(), sum/n, squares/n)
		}
	}
	const module = "a/base_model.model.model.layers."
	want := []string{
		module + "1.self_attn.adaption_prompt", module + "1.self_attn.adaption_gate",
		module + "2.self_attn.adaption_prompt", module + "2.self_attn.adaption_gate",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
}

func TestBasesThatAreRefused(t *testing.T) {
	biased := params(t).Add("model.layers.0.self_attn.o_proj.bias", graph.Frozen, 64)
	for want, change := range map[string]func(*adapter.Base){
		"adapter_layers: is 2": func(b *adapter.Base) { b.Attentions = 1 },
		"the base is a bert":   func(b *adapter.Base) { b.ModelType = "bert" },
		"the base is a qwen2":  func(b *adapter.Base) { b.ModelType = "qwen2" },
		"attention_bias":       func(b *adapter.Base) { b.Params = append(b.Params, biased) },
		"head_dim":             func(b *adapter.Base) { b.Layers[0].Out = 128 },
	} {
		b := base()
		change(&b)
		if _, err := adapter.New(params(t), "a", config(1, 2), b, 0, 7); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestConfigurationsThatAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		`"adapter_len": 2`:                                                  "adapter_layers: is 0",
		`"adapter_len": null, "adapter_layers": 1`:                          "adapter_len: is null",
		`"adapter_len": 0, "adapter_layers": 1`:                             "adapter_len: is 0",
		`"adapter_len": 2.5, "adapter_layers": 1`:                           "adapter_len: has the wrong type",
		`"adapter_len": 2, "adapter_layers": 1, "target_modules": "attn"`:   "target_modules",
		`"adapter_len": 2, "adapter_layers": 1, "target_modules": ["attn"]`: "target_modules",
		`"adapter_len": 2, "adapter_layers": 1, "gates": 2`:                 "gates: is set",
		`"adapter_len": 2, "adapter_layers": 1, "target_modules": null`:     "",
	} {
		_, err := adapter.ParseConfig([]byte(`{"peft_type": "ADAPTION_PROMPT", "task_type": "CAUSAL_LM", ` + text + `}`))
		if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}
