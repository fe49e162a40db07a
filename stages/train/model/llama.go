package model

import (
	"fmt"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/peft"
)

// The tensors outside the layers that are named more than once: the embedding and
// the language model's head.
const (
	embedName = "model.embed_tokens.weight"
	headName  = "lm_head.weight"
)

// linear is a layer that an adapter may target.
type linear struct {
	name   string
	weight *graph.Param
}

// layer is one decoder layer (LlamaDecoderLayer of transformers).
type layer struct {
	inputNorm, postNorm *graph.Param
	q, k, v, o          linear
	gate, up, down      linear
}

// build makes the parameters with Hugging Face's names.
func build(b kernel.Backend, c Config, mode graph.Mode) (*Model, error) {
	m := &Model{config: c, params: graph.NewParams(b)}
	m.embed = m.add(embedName, mode, c.VocabSize, c.HiddenSize)
	for i := range c.NumHiddenLayers {
		m.layers = append(m.layers, m.addLayer(fmt.Sprintf("model.layers.%d.", i), mode))
	}
	m.norm = m.add("model.norm.weight", mode, c.HiddenSize)
	m.head = m.embed
	if !c.TieWordEmbeddings {
		m.head = m.add(headName, mode, c.VocabSize, c.HiddenSize)
	}
	if err := m.params.Err(); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

func (m *Model) addLayer(prefix string, mode graph.Mode) layer {
	c := m.config
	heads, kv := c.NumAttentionHeads*c.HeadDim, c.NumKeyValueHeads*c.HeadDim
	matrix := func(name string, out, in int) linear {
		return linear{prefix + name, m.add(prefix+name+".weight", mode, out, in)}
	}
	return layer{
		inputNorm: m.add(prefix+"input_layernorm.weight", mode, c.HiddenSize),
		q:         matrix("self_attn.q_proj", heads, c.HiddenSize),
		k:         matrix("self_attn.k_proj", kv, c.HiddenSize),
		v:         matrix("self_attn.v_proj", kv, c.HiddenSize),
		o:         matrix("self_attn.o_proj", c.HiddenSize, heads),
		postNorm:  m.add(prefix+"post_attention_layernorm.weight", mode, c.HiddenSize),
		gate:      matrix("mlp.gate_proj", c.IntermediateSize, c.HiddenSize),
		up:        matrix("mlp.up_proj", c.IntermediateSize, c.HiddenSize),
		down:      matrix("mlp.down_proj", c.HiddenSize, c.IntermediateSize),
	}
}

func (m *Model) add(name string, mode graph.Mode, shape ...int) *graph.Param {
	p := m.params.Add(name, mode, shape...)
	m.tensors = append(m.tensors, tensor{p, len(shape) == 1})
	return p
}

// base is what an adapter sees of the model.
func (m *Model) base() peft.Base {
	b := peft.Base{Hidden: m.config.HiddenSize, InitializerRange: m.config.InitializerRange}
	for _, l := range m.layers {
		for _, p := range []linear{l.q, l.k, l.v, l.o, l.gate, l.up, l.down} {
			b.Layers = append(b.Layers, peft.Layer{Name: p.name, In: p.weight.Shape()[1], Out: p.weight.Shape()[0]})
		}
	}
	return b
}

// Graph returns an empty graph over the model's parameters. A sequence longer
// than the model's positions is exit.Usage.
func (m *Model) Graph(o graph.Options) (*graph.Graph, error) {
	if err := m.config.CheckLength(o.Seq); err != nil {
		return nil, err
	}
	return graph.New(m.params, o), nil
}

// Hidden computes the last hidden states after the final norm:
// [batch·seq, hidden_size].
func (m *Model) Hidden(g *graph.Graph) *graph.Node {
	x := g.Embedding(m.embed)
	for _, l := range m.layers {
		x = g.Checkpoint(x, func(x *graph.Node) *graph.Node { return m.layer(g, l, x) })
	}
	return g.RMSNorm(x, m.norm, m.config.RMSNormEps)
}

func (m *Model) layer(g *graph.Graph, l layer, x *graph.Node) *graph.Node {
	x = g.Add(x, m.attention(g, l, g.RMSNorm(x, l.inputNorm, m.config.RMSNormEps)))
	return g.Add(x, m.feedForward(g, l, g.RMSNorm(x, l.postNorm, m.config.RMSNormEps)))
}

func (m *Model) attention(g *graph.Graph, l layer, x *graph.Node) *graph.Node {
	c := m.config
	freqs := graph.RopeFreqs(c.HeadDim, c.RopeTheta)
	q := g.Rope(m.apply(g, l.q, x), c.NumAttentionHeads, freqs, 0)
	k := g.Rope(m.apply(g, l.k, x), c.NumKeyValueHeads, freqs, 0)
	v := m.apply(g, l.v, x)
	return m.apply(g, l.o, g.Attention(q, k, v, c.NumAttentionHeads, c.NumKeyValueHeads))
}

func (m *Model) feedForward(g *graph.Graph, l layer, x *graph.Node) *graph.Node {
	return m.apply(g, l.down, g.SwiGLU(m.apply(g, l.gate, x), m.apply(g, l.up, x)))
}

// apply is a linear layer with the updates of all adapters that target it.
func (m *Model) apply(g *graph.Graph, l linear, x *graph.Node) *graph.Node {
	y := g.Linear(x, l.weight, nil)
	for _, a := range m.adapters {
		if pair, ok := a.Pair(l.name); ok {
			y = g.LoRA(x, y, pair)
		}
	}
	return y
}

// LMLoss is the mean cross-entropy of each next token: a scalar.
func (m *Model) LMLoss(g *graph.Graph) *graph.Node {
	return g.LMLoss(m.Hidden(g), m.head)
}

// LMLogits are the scores of the next token at each position:
// [batch·seq, vocab_size].
func (m *Model) LMLogits(g *graph.Graph) *graph.Node {
	return g.Linear(m.Hidden(g), m.head, nil)
}

// NextLogits are the scores of the token after each sequence: [batch, vocab_size].
func (m *Model) NextLogits(g *graph.Graph) *graph.Node {
	return g.Linear(g.LastToken(m.Hidden(g)), m.head, nil)
}

// ClassLogits are the scores of the classification head, which reads the last
// real token of each sequence: [batch, labels].
func (m *Model) ClassLogits(g *graph.Graph) (*graph.Node, error) {
	score := m.score()
	if score == nil {
		return nil, exit.With(exit.Usage, errNoHead)
	}
	return g.Linear(g.LastToken(m.Hidden(g)), score, nil), nil
}
