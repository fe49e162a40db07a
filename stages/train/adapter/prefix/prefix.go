// Package prefix is prefix tuning (Li and Liang 2021, arXiv:2101.00190): trained keys and
// values stand before those of each layer. They are turned by no position.
package prefix

import (
	"fmt"
	"maps"

	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/adapter/virtual"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
)

// PEFTType is the method's name in adapter_config.json.
const PEFTType = "PREFIX_TUNING"

// Type is its name in a DAG file.
const Type = "prefix_tuning"

func init() {
	adapter.Register[Settings](adapter.Kind{PEFTType: PEFTType, Types: []string{Type}, Prefix: virtual.Prefix, Read: read})
}

// Settings are the method's keys of `peft` in a DAG file.
type Settings struct {
	virtual.Settings
	PrefixProjection  bool `json:"prefix_projection" default:"false" doc:"Whether a network of two layers makes the keys and values of shorter rows; the file gets what it makes, so that the adapter cannot be trained further."`
	EncoderHiddenSize int  `json:"encoder_hidden_size,omitempty" min:"1" doc:"Columns between the layers of the projection; left out, as many as a layer's keys have."`
}

// Method implements adapter.Settings.
func (s Settings) Method(string) adapter.MethodConfig {
	return Config{virtual.Tokens{NumVirtualTokens: s.NumVirtualTokens}, s.PrefixProjection, s.EncoderHiddenSize}
}

// Config is the configuration, with the names of PEFT's PrefixTuningConfig.
type Config struct {
	virtual.Tokens
	PrefixProjection  bool
	EncoderHiddenSize int // 0: TokenDim
}

// Check implements adapter.MethodConfig.
func (c Config) Check(bool) error {
	if c.EncoderHiddenSize < 0 {
		return fmt.Errorf("encoder_hidden_size: is %d, must be at least 1", c.EncoderHiddenSize)
	}
	return c.Tokens.Check()
}

// For implements adapter.Resolver.
func (c Config) For(base adapter.Base) (_ adapter.MethodConfig, err error) {
	c.Tokens, err = c.OverKeys(base)
	if c.EncoderHiddenSize == 0 {
		c.EncoderHiddenSize = c.TokenDim
	}
	return c, err
}

// Keys implements adapter.MethodConfig.
func (c Config) Keys() map[string]any {
	keys := map[string]any{"prefix_projection": c.PrefixProjection, "encoder_hidden_size": c.EncoderHiddenSize, "init_weights": nil}
	maps.Copy(keys, c.Tokens.Keys())
	return keys
}

func read(k *adapter.Keys) adapter.MethodConfig {
	c := Config{Tokens: virtual.Read(k)}
	k.Get("prefix_projection", &c.PrefixProjection)
	k.Get("encoder_hidden_size", &c.EncoderHiddenSize)
	k.Harmless("init_weights")
	return c
}

// Build implements adapter.MethodConfig.
func (c Config) Build(t *adapter.Tensors, _ adapter.Base) (adapter.Method, error) {
	columns := c.NumLayers * 2 * c.TokenDim
	m := &method{tokens: c.NumVirtualTokens, layers: c.NumLayers, columns: c.TokenDim}
	if !c.PrefixProjection {
		m.all = virtual.All(t.Add(virtual.FileName, adapter.Normal(1), c.NumVirtualTokens, columns)) // torch.nn.Embedding
		return m, nil
	}
	var err error
	m.all, err = c.Encoded(t, columns, func(e virtual.Encoder) virtual.Make { return c.projection(e, columns) })
	return m, err
}

// projection is PEFT's PrefixEncoder.
func (c Config) projection(e virtual.Encoder, columns int) virtual.Make {
	rows := e.Rows(c.NumVirtualTokens, c.TokenDim)
	in, out := e.Linear("transform.0", c.TokenDim, c.EncoderHiddenSize), e.Linear("transform.2", c.EncoderHiddenSize, columns)
	return func(g *graph.Graph) *graph.Node { return out(g, g.Activate(in(g, rows(g)), kernel.Tanh)) }
}

// method holds the keys and values of all layers. A row is one virtual token's: the first
// layer's key and value, the second layer's, and so on.
type method struct {
	adapter.Unchanged
	tokens, layers, columns int
	all                     virtual.Make // [tokens, layers·2·columns]
	made                    *graph.Node  // all, in the graph that is being built
}

// VirtualTokens implements adapter.Method.
func (m *method) VirtualTokens() int { return m.tokens }

// Embed implements adapter.Method. It makes what all layers need before the first: within
// a layer that is computed twice (graph.Checkpoint) it would be made twice.
func (m *method) Embed(g *graph.Graph, x *graph.Node) *graph.Node {
	m.made = m.all(g)
	return x
}

// Attention implements adapter.Method.
func (m *method) Attention(g *graph.Graph, a adapter.Attention, attend adapter.Attend) *graph.Node {
	return attend(g.Prepend(m.part(g, 2*a.Layer), a.K), g.Prepend(m.part(g, 2*a.Layer+1), a.V))
}

// part are the numbered columns of each row, once for each sequence.
func (m *method) part(g *graph.Graph, number int) *graph.Node {
	ids := make([]int32, m.tokens)
	for i := range ids {
		ids[i] = int32(i*m.layers*2 + number)
	}
	return g.RepeatRows(g.Select(m.made, m.columns, ids))
}
