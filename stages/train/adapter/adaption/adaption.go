// Package adaption is LLaMA-Adapter (Zhang et al. 2023, arXiv:2303.16199): in the last
// layers each token attends to trained prompts, too, and what it finds there is added to
// its attention times a trained gate, which begins at zero.
package adaption

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/graph"
)

// PEFTType is the method's name in adapter_config.json.
const PEFTType = "ADAPTION_PROMPT"

// Type is its name in a DAG file.
const Type = "adaption_prompt"

// target is the module that gets prompts in the models that PEFT supports.
const target = "self_attn"

// supported are PEFT's model types of this kind of attention.
var supported = []string{"llama", "mistral"}

func init() {
	adapter.Register[Settings](adapter.Kind{PEFTType: PEFTType, Types: []string{Type}, Prefix: "base_model.model.", Read: read})
}

// Settings are the method's keys of `peft` in a DAG file.
type Settings struct {
	AdapterLen    int `json:"adapter_len" min:"1" doc:"Prompts of each adapted layer."`
	AdapterLayers int `json:"adapter_layers" min:"1" doc:"Adapted layers: the last so many of the model."`
}

// Method implements adapter.Settings.
func (s Settings) Method(string) adapter.MethodConfig { return Config(s) }

// Config is the configuration, with the names of PEFT's AdaptionPromptConfig.
type Config struct {
	AdapterLen    int
	AdapterLayers int
}

// Check implements adapter.MethodConfig.
func (c Config) Check(bool) error {
	switch {
	case c.AdapterLen < 1:
		return fmt.Errorf("adapter_len: is %d, must be at least 1", c.AdapterLen)
	case c.AdapterLayers < 1:
		return fmt.Errorf("adapter_layers: is %d, must be at least 1", c.AdapterLayers)
	}
	return nil
}

// Keys implements adapter.MethodConfig.
func (c Config) Keys() map[string]any {
	return map[string]any{"adapter_len": c.AdapterLen, "adapter_layers": c.AdapterLayers, "target_modules": target}
}

func read(k *adapter.Keys) adapter.MethodConfig {
	var c Config
	k.Number("adapter_len", &c.AdapterLen)
	k.Number("adapter_layers", &c.AdapterLayers)
	modules := target
	if k.Get("target_modules", &modules); modules != target {
		k.Fail("target_modules: is %q; only %s is supported", modules, target)
	}
	return c
}

// Build implements adapter.MethodConfig.
func (c Config) Build(t *adapter.Tensors, base adapter.Base) (adapter.Method, error) {
	if err := c.over(base); err != nil {
		return nil, err
	}
	m := &method{prompts: make([]prompt, base.Attentions), hidden: base.Hidden}
	for i := base.Attentions - c.AdapterLayers; i < base.Attentions; i++ {
		module := fmt.Sprintf("%smodel.layers.%d.%s.", t.Prefix, i, target)
		m.prompts[i] = prompt{
			rows: t.Add(module+"adaption_prompt", adapter.Normal(1), 1, c.AdapterLen, base.Hidden),
			gate: t.Add(module+"adaption_gate", adapter.Zeros, 1),
		}
	}
	return m, nil
}

// over refuses a base that PEFT refuses, or for which it computes something else than the
// method.
func (c Config) over(base adapter.Base) error {
	biased := func(p *graph.Param) bool { return strings.HasSuffix(p.Name(), target+".o_proj.bias") }
	wide := func(l adapter.Layer) bool { return strings.HasSuffix(l.Name, target+".q_proj") && l.Out != base.Hidden }
	switch {
	case !slices.Contains(supported, base.ModelType):
		return fmt.Errorf("adaption prompts are for models of type %s, as in PEFT; the base is a %s", strings.Join(supported, " or "), base.ModelType)
	case c.AdapterLayers > base.Attentions:
		return fmt.Errorf("adapter_layers: is %d, the base model has %d layers", c.AdapterLayers, base.Attentions)
	case slices.ContainsFunc(base.Params, biased):
		return errors.New("attention_bias: adaption prompts over an o_proj with a bias are not supported; PEFT would add the bias a second time")
	case slices.ContainsFunc(base.Layers, wide):
		return errors.New("head_dim: adaption prompts over heads that are not hidden_size columns together are not supported, as in PEFT")
	}
	return nil
}

// prompt is what an adapted layer gets; of another one it is empty.
type prompt struct {
	rows *graph.Param // [1, adapter_len, hidden]
	gate *graph.Param // [1]
}

type method struct {
	adapter.Unchanged
	prompts []prompt // of each layer
	hidden  int
}

// Attention implements adapter.Method.
func (m *method) Attention(g *graph.Graph, a adapter.Attention, attend adapter.Attend) *graph.Node {
	y, p := attend(a.K, a.V), m.prompts[a.Layer]
	if p.rows == nil {
		return y
	}
	ids := make([]int32, p.rows.Len()/m.hidden)
	for i := range ids {
		ids[i] = int32(i)
	}
	k, v := a.Project(g.Lookup(p.rows, m.hidden, ids))
	return g.Gated(y, g.CrossAttention(a.Q, g.RepeatRows(k), g.RepeatRows(v), a.Heads, a.KVHeads), p.gate)
}
