// Package bert is the BERT architecture under a classifier: its configuration, the names
// of its weights and its graph (BertForSequenceClassification of transformers). Its heads
// for pre-training are left aside: it predicts no next token.
//
// UmlsBERT adds an embedding of a word's semantic type, and nothing to a word without one
// (BertEmbeddings of github.com/gmichalo/UmlsBERT; type 0). Which types words have is
// told by its authors' list alone, made from UMLS, which a model folder has not: here no
// word has one, as with its code where no list is given, and as transformers computes it.
package bert

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/model"
)

// classifierModule is the head of BertForSequenceClassification.
const classifierModule = "classifier"

// network is a BERT's parameters: what model.Architecture computes with.
type network struct {
	config    Config
	params    *graph.Params
	own       []*graph.Param // the network's, without those of adapters
	words     *graph.Param   // [vocab_size, hidden_size]
	positions *graph.Param   // [max_position_embeddings, hidden_size]
	types     *graph.Param   // [type_vocab_size, hidden_size], of which texts have the first
	norm      norm
	layers    []layer
	pooler    linear
}

// layer is one BertLayer of transformers.
type layer struct {
	query, key, value, attended linear
	attendedNorm                norm
	intermediate, output        linear
	outputNorm                  norm
}

// linear is a layer that an adapter may target: weight [out, in], bias [out].
type linear struct {
	adapter.Layer
	weight, bias *graph.Param
}

// norm is a layer norm: weight and bias [hidden_size].
type norm struct{ weight, bias *graph.Param }

// Params implements model.Architecture.
func (n *network) Params() *graph.Params { return n.params }

// Base implements model.Architecture.
func (n *network) Base() adapter.Base {
	c := n.config
	b := adapter.Base{
		ModelType: modelType, Bare: n.bare(), Attentions: len(n.layers), Heads: c.NumAttentionHeads, KVHeads: c.NumAttentionHeads,
		KeyColumns: c.HiddenSize, Hidden: c.HiddenSize, Embedding: n.words, Params: n.own, WriteConfig: c.Write,
		InitializerRange: c.InitializerRange, Head: adapter.HeadModule{Name: classifierModule, Bias: true},
	}
	for _, l := range n.layers {
		for _, p := range []linear{l.query, l.key, l.value, l.attended, l.intermediate, l.output} {
			b.Layers = append(b.Layers, p.Layer)
		}
	}
	b.Layers = append(b.Layers, n.pooler.Layer)
	return b
}

// bare are BertForSequenceClassification's modules without parameters.
func (n *network) bare() []string {
	names := []string{"dropout", "bert.embeddings.dropout", "bert.pooler.activation"}
	for i := range n.layers {
		for _, module := range []string{"attention.self.dropout", "attention.output.dropout", "intermediate.intermediate_act_fn", "output.dropout"} {
			names = append(names, fmt.Sprintf("bert.encoder.layer.%d.%s", i, module))
		}
	}
	return names
}

// Limits implements model.Architecture.
func (n *network) Limits() model.Limits { return n.config.Limits() }

// Special implements model.Architecture: the tokenizer alone knows BERT's.
func (n *network) Special() model.SpecialTokens { return model.SpecialTokens{BOS: -1} }

// Drops implements model.Architecture.
func (n *network) Drops() bool {
	c := n.config
	return max(c.HiddenDropout, c.AttentionDropout, c.ClassifierDropout) > 0
}

// Pooled implements model.Architecture: the first token sees all of a text.
func (n *network) Pooled(ids []int32) []int32 { return ids }

// LanguageHead implements model.Architecture.
func (n *network) LanguageHead() *graph.Param { return nil }

// Files implements model.Architecture.
func (n *network) Files() []checkpoint.File {
	return []checkpoint.File{
		{Name: model.ConfigName, Write: n.config.Write},
		{Name: checkpoint.SafetensorsName, Write: func(w io.Writer) error { return model.Write(w, n.own) }},
	}
}

// build makes the parameters with the names of BertForSequenceClassification, and goes on
// until ctx ends or one has no memory.
func build(ctx context.Context, b kernel.Backend, c Config, mode graph.Mode) (*network, error) {
	p := parameters{graph.NewParams(b), mode}
	n := &network{config: c, params: p.params}
	n.words = p.add(wordsName, c.VocabSize, c.HiddenSize)
	n.positions = p.add(positionsName, c.MaxPositionEmbeddings, c.HiddenSize)
	n.types = p.add(typesName, c.TypeVocabSize, c.HiddenSize)
	n.norm = p.norm(prefix+"embeddings.", c.HiddenSize)
	for i := 0; i < c.NumHiddenLayers && cmp.Or(n.params.Err(), ctx.Err()) == nil; i++ {
		n.layers = append(n.layers, p.layer(layerName(i), c))
	}
	n.pooler = p.linear(poolerName, c.HiddenSize, c.HiddenSize)
	if err := cmp.Or(n.params.Err(), ctx.Err()); err != nil {
		n.params.Close()
		return nil, err
	}
	n.own = slices.Clone(n.params.All())
	return n, nil
}

// parameters makes a network's.
type parameters struct {
	params *graph.Params
	mode   graph.Mode
}

func (p parameters) add(name string, shape ...int) *graph.Param {
	return p.params.Add(name, p.mode, shape...)
}

func (p parameters) norm(module string, columns int) norm {
	return norm{p.add(module+normName+".weight", columns), p.add(module+normName+".bias", columns)}
}

func (p parameters) linear(name string, out, in int) linear {
	return linear{adapter.Layer{Name: name, In: in, Out: out}, p.add(name+".weight", out, in), p.add(name+".bias", out)}
}

func (p parameters) layer(name string, c Config) layer {
	hidden := c.HiddenSize
	return layer{
		query:        p.linear(name+"attention.self.query", hidden, hidden),
		key:          p.linear(name+"attention.self.key", hidden, hidden),
		value:        p.linear(name+"attention.self.value", hidden, hidden),
		attended:     p.linear(name+"attention.output.dense", hidden, hidden),
		attendedNorm: p.norm(name+"attention.output.", hidden),
		intermediate: p.linear(name+"intermediate.dense", c.IntermediateSize, hidden),
		output:       p.linear(name+"output.dense", hidden, c.IntermediateSize),
		outputNorm:   p.norm(name+"output.", hidden),
	}
}
