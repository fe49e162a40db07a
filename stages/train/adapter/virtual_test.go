package adapter_test

import (
	"errors"
	"fmt"

	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/graph"
)

// This file is all that a method of adapting takes: virtual puts trained rows in front of
// the embedded tokens, as prompt tuning does, and trained keys and values in front of each
// layer's, as prefix tuning does.

func init() {
	adapter.Register[virtualSettings](adapter.Kind{
		PEFTType: "VIRTUAL", Types: []string{"virtual"}, Prefix: "base_model.",
		Read: func(k *adapter.Keys) adapter.MethodConfig {
			var c virtualConfig
			k.Number("num_virtual_tokens", &c.tokens)
			k.Number("num_virtual_keys", &c.keys)
			return c
		},
	})
}

type virtualSettings struct {
	Tokens int `json:"tokens" default:"2" min:"0" doc:"Rows in front of the embedded tokens."`
	Keys   int `json:"keys" default:"0" min:"0" doc:"Keys and values in front of each layer's."`
}

func (s virtualSettings) Method(string) adapter.MethodConfig {
	return virtualConfig{s.Tokens, s.Keys}
}

type virtualConfig struct{ tokens, keys int }

func (c virtualConfig) Check(bool) error {
	if c.tokens+c.keys < 1 {
		return errors.New("num_virtual_tokens: there is nothing to train")
	}
	return nil
}

func (c virtualConfig) Keys() map[string]any {
	return map[string]any{"num_virtual_tokens": c.tokens, "num_virtual_keys": c.keys}
}

func (c virtualConfig) Build(t *adapter.Tensors, base adapter.Base) (adapter.Method, error) {
	m := &virtual{config: c}
	if c.tokens > 0 {
		m.prompt = t.Add("prompt_embeddings", adapter.Normal(0.3), c.tokens, base.Hidden)
	}
	for layer := range base.Attentions {
		if c.keys > 0 {
			m.keys = append(m.keys, t.Add(fmt.Sprintf("keys.%d", layer), adapter.Normal(0.3), c.keys, base.KeyColumns))
			m.values = append(m.values, t.Add(fmt.Sprintf("values.%d", layer), adapter.Normal(0.3), c.keys, base.KeyColumns))
		}
	}
	return m, nil
}

type virtual struct {
	adapter.Unchanged
	config       virtualConfig
	prompt       *graph.Param   // [tokens, hidden]
	keys, values []*graph.Param // of each layer [keys, key_columns]
}

func (m *virtual) VirtualTokens() int { return m.config.tokens + m.config.keys }

func (m *virtual) Embed(g *graph.Graph, x *graph.Node) *graph.Node {
	if m.prompt == nil {
		return x
	}
	return g.Prepend(g.Repeat(m.prompt), x)
}

func (m *virtual) Attention(g *graph.Graph, a adapter.Attention, attend adapter.Attend) *graph.Node {
	if m.keys == nil {
		return attend(a.K, a.V)
	}
	return attend(g.Prepend(g.Repeat(m.keys[a.Layer]), a.K), g.Prepend(g.Repeat(m.values[a.Layer]), a.V))
}
