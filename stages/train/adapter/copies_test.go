package adapter_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/adapter/lora"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
)

// A new adapter's copies are the base's modules, and what is trained are they.
func TestCopiesBeginAsTheBase(t *testing.T) {
	b := backend(t, kernel.F64)
	m, _ := withMethod(t, b, adapter.CausalLM, "{modules_to_save: [embed_tokens, lm_head, model.norm]}")
	plain := open(t, b)
	if diff := cmp.Diff(answer(t, plain, text, plain.LMLogits), answer(t, m, text, m.LMLogits)); diff != "" {
		t.Error("the new adapter changes what the model computes:", diff)
	}
	var trained []string
	for _, p := range m.Params().Trainable() {
		if name, isCopy := strings.CutPrefix(p.Name(), "new/base_model.model."); isCopy && !strings.Contains(name, ".lora_") {
			trained = append(trained, name)
		}
	}
	if want := []string{"model.embed_tokens.weight", "model.norm.weight", "lm_head.weight"}; !slices.Equal(trained, want) {
		t.Errorf("%q are trained, want %q", trained, want)
	}
	upload(t, m.Params().Get("new/base_model.model.lm_head.weight"), make([]float64, words*32))
	if got := answer(t, m, text, m.LMLogits); slices.Max(got) != 0 || slices.Min(got) != 0 {
		t.Error("a head of zeros gives other scores: the base's own head is read")
	}
}

func TestModulesThatCannotBeCopied(t *testing.T) {
	for _, c := range []struct {
		module, task string
		tied         bool
		want         string // a part of the error, "": copied
	}{
		{"norm", adapter.CausalLM, false, ""},
		{"lm_head", adapter.CausalLM, false, ""},
		{"mlp", adapter.CausalLM, false, ""},
		{"embed_tokens", adapter.SeqCls, true, ""},
		{"embed_tokens", adapter.CausalLM, true, "model.embed_tokens is the output head too"},
		{"lm_head", adapter.SeqCls, false, `no module "lm_head"`},
		{"nothing", adapter.CausalLM, false, `no module "nothing"`},
		{"yers", adapter.CausalLM, false, "model.layers is a list of layers"},
		{"self_attn", adapter.CausalLM, false, "model.layers.0.self_attn gets its input by a keyword"},
		{"_proj", adapter.CausalLM, false, "model.layers.0.self_attn.q_proj ends in"},
		{"mlp, up_proj", adapter.CausalLM, false, "model.layers.0.mlp.up_proj lies in model.layers.0.mlp"},
	} {
		ps := graph.NewParams(backend(t, kernel.F32))
		t.Cleanup(ps.Close)
		base := adapter.Base{Hidden: 4, ModelType: "llama", Tied: c.tied, Head: adapter.HeadModule{Name: "score"}}
		for _, name := range []string{"model.embed_tokens", "model.layers.0.self_attn.q_proj", "model.layers.0.self_attn.v_proj", "model.layers.0.mlp.up_proj", "model.norm", "lm_head"} {
			base.Params = append(base.Params, ps.Add(name+".weight", graph.Frozen, 4, 4))
			if strings.HasSuffix(name, "_proj") {
				base.Layers = append(base.Layers, adapter.Layer{Name: name, In: 4, Out: 4})
			}
		}
		base.LanguageHead = base.Params[len(base.Params)-1]
		if c.tied {
			base.LanguageHead = base.Params[0]
		}
		config := lora.Config{R: 1, TargetPattern: lora.AllLinear}.Adapter(c.task)
		config.ModulesToSave = strings.Split(c.module, ", ")
		_, err := adapter.New(ps, "a", config, base, 2, 1)
		if fmt.Sprint(err) != "<nil>" && c.want == "" || c.want != "" && (exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s of %s: %v, want %q", c.module, c.task, err, c.want)
		}
	}
}

// Two adapters cannot both stand for a module.
func TestAModuleIsCopiedOnce(t *testing.T) {
	m, _ := withMethod(t, backend(t, kernel.F32), adapter.CausalLM, "{modules_to_save: [model.norm]}")
	config := lora.Config{R: 1, TargetModules: []string{"q_proj"}}.Adapter(adapter.CausalLM)
	config.ModulesToSave = []string{"norm"}
	if _, err := m.AddAdapter("other", config, 0, 1); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "parameter model.norm.weight has two copies that are trained") {
		t.Error(err)
	}
}

// The example of docs/adapters.md does what it says there.
func TestTheExampleOfTheDocuments(t *testing.T) {
	text := string(must(os.ReadFile("../../../docs/adapters.md"))(t))
	_, text, _ = strings.Cut(text, "```yaml\npeft:\n")
	text, _, _ = strings.Cut(text, "```")
	m, _ := withMethod(t, backend(t, kernel.F32), adapter.CausalLM, text)
	const prefix = "new/base_model.model.model."
	for name, want := range map[string][]int{
		"layers.0.self_attn.q_proj.lora_A.weight": {8, 32}, "layers.1.self_attn.k_proj.lora_A.weight": {2, 32},
		"layers.1.self_attn.o_proj.lora_B.weight": {32, 8}, "norm.weight": {32},
	} {
		if p := m.Params().Get(prefix + name); p == nil || !slices.Equal(p.Shape(), want) {
			t.Errorf("%s is %v, want the shape %v", name, p, want)
		}
	}
	if n := len(m.Params().Trainable()); n != 2*4*2+1 {
		t.Errorf("%d tensors are trained, want two of each linear layer of attention, and a norm", n)
	}
}
