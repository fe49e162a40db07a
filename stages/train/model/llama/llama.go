// Package llama is the LLaMA architecture and those that differ from it in biases and
// attention windows, Qwen2 and Mistral: their configuration, the names of their weights
// and their graph (LlamaForCausalLM, Qwen2ForCausalLM, MistralForCausalLM of transformers).
package llama

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/model"
	"github.com/clinflow/clinflow/stages/train/random"
)

// The tensors outside the layers that are named more than once: the embedding and
// the language model's head.
const (
	embedName = "model.embed_tokens.weight"
	headName  = "lm_head.weight"
)

const biasSuffix = ".bias"

// scoreModule is the head of LlamaForSequenceClassification.
const (
	scoreModule = "score"
	scoreName   = scoreModule + ".weight"
)

// network is a LLaMA's parameters: what model.Architecture computes with.
type network struct {
	config Config
	params *graph.Params
	own    []*graph.Param // the network's, without those of adapters
	embed  *graph.Param   // [vocab_size, hidden_size]
	layers []layer
	norm   *graph.Param // [hidden_size]
	head   *graph.Param // [vocab_size, hidden_size]; embed where they are tied
}

// layer is one decoder layer (LlamaDecoderLayer of transformers).
type layer struct {
	inputNorm, postNorm *graph.Param // [hidden_size]
	q, k, v, o          linear
	gate, up, down      linear
}

// linear is a layer that an adapter may target: weight [out, in], bias [out] or nil.
type linear struct {
	adapter.Layer
	weight, bias *graph.Param
}

// New makes a model to be trained from scratch: weights normal with standard
// deviation InitializerRange, norms one, biases zero, as transformers initialises LLaMA.
func New(ctx context.Context, b kernel.Backend, config Config, seed int64) (*model.Model, error) {
	return Random(ctx, b, config, graph.Trainable, seed)
}

// Random is New with a mode: a frozen one stands for a base model in checks.
func Random(ctx context.Context, b kernel.Backend, config Config, mode graph.Mode, seed int64) (*model.Model, error) {
	n, err := config.Random(ctx, b, mode, seed)
	if err != nil {
		return nil, err
	}
	return model.New(n), nil
}

// Build implements model.Config.
func (c Config) Build(b kernel.Backend, mode graph.Mode) (model.Architecture, error) {
	return made(context.Background(), b, c, mode, func(int, *graph.Param) error { return nil })
}

// Random implements model.Config.
func (c Config) Random(ctx context.Context, b kernel.Backend, mode graph.Mode, seed int64) (model.Architecture, error) {
	return made(ctx, b, c, mode, func(_ int, p *graph.Param) error {
		return p.Upload(kernel.F32s(random.New(seed, p.Name()).Normals(p.Len(), c.InitializerRange)))
	})
}

// Sketch is a frozen model whose weights the device draws by itself, for the time and
// the memory that a model of that size takes.
func Sketch(b kernel.Backend, config Config) (*model.Model, error) {
	n, err := made(context.Background(), b, config, graph.Frozen, func(i int, p *graph.Param) error {
		return p.Draw(1, uint32(i), config.InitializerRange)
	})
	if err != nil {
		return nil, err
	}
	return model.New(n), nil
}

// made makes a network whose weights draw sets, each known by its number; norms are one
// and biases stay zero. Where ctx ends in between its error is returned: models may be
// large.
func made(ctx context.Context, b kernel.Backend, config Config, mode graph.Mode, draw func(i int, p *graph.Param) error) (*network, error) {
	if err := config.Check(); err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	n, err := build(ctx, b, config, mode)
	if err != nil {
		return nil, err
	}
	for i, p := range n.own {
		switch err = ctx.Err(); {
		case err != nil:
		case strings.HasSuffix(p.Name(), biasSuffix):
		case len(p.Shape()) == 1:
			err = p.Upload(kernel.F32s(slices.Repeat([]float32{1}, p.Len())))
		default:
			err = draw(i, p)
		}
		if err != nil {
			n.params.Close()
			return nil, err
		}
	}
	return n, nil
}

// build makes the parameters with Hugging Face's names, and goes on until ctx ends or one
// has no memory.
func build(ctx context.Context, b kernel.Backend, c Config, mode graph.Mode) (*network, error) {
	n := &network{config: c, params: graph.NewParams(b)}
	n.embed = n.params.Add(embedName, mode, c.VocabSize, c.HiddenSize)
	for i := 0; i < c.NumHiddenLayers && cmp.Or(n.params.Err(), ctx.Err()) == nil; i++ {
		n.layers = append(n.layers, n.addLayer(fmt.Sprintf("model.layers.%d.", i), mode))
	}
	n.norm = n.params.Add("model.norm.weight", mode, c.HiddenSize)
	n.head = n.embed
	if !c.TieWordEmbeddings {
		n.head = n.params.Add(headName, mode, c.VocabSize, c.HiddenSize)
	}
	if err := cmp.Or(n.params.Err(), ctx.Err()); err != nil {
		n.params.Close()
		return nil, err
	}
	n.own = slices.Clone(n.params.All())
	return n, nil
}

func (n *network) addLayer(prefix string, mode graph.Mode) layer {
	c := n.config
	heads := c.NumAttentionHeads * c.HeadDim
	matrix := func(name string, out, in int, biased bool) linear {
		l := linear{Layer: adapter.Layer{Name: prefix + name, In: in, Out: out}}
		l.weight = n.params.Add(l.Name+".weight", mode, out, in)
		if biased {
			l.bias = n.params.Add(l.Name+biasSuffix, mode, out)
		}
		return l
	}
	return layer{
		inputNorm: n.params.Add(prefix+"input_layernorm.weight", mode, c.HiddenSize),
		q:         matrix("self_attn.q_proj", heads, c.HiddenSize, c.projectionBias()),
		k:         matrix("self_attn.k_proj", c.keyColumns(), c.HiddenSize, c.projectionBias()),
		v:         matrix("self_attn.v_proj", c.keyColumns(), c.HiddenSize, c.projectionBias()),
		o:         matrix("self_attn.o_proj", c.HiddenSize, heads, c.AttentionBias),
		postNorm:  n.params.Add(prefix+"post_attention_layernorm.weight", mode, c.HiddenSize),
		gate:      matrix("mlp.gate_proj", c.IntermediateSize, c.HiddenSize, c.MLPBias),
		up:        matrix("mlp.up_proj", c.IntermediateSize, c.HiddenSize, c.MLPBias),
		down:      matrix("mlp.down_proj", c.HiddenSize, c.IntermediateSize, c.MLPBias),
	}
}

// Params implements model.Architecture.
func (n *network) Params() *graph.Params { return n.params }

// Base implements model.Architecture.
func (n *network) Base() adapter.Base {
	c := n.config
	b := adapter.Base{
		ModelType: c.Class.String(), LanguageHead: n.head, Tied: c.TieWordEmbeddings, Bare: []string{"model.rotary_emb"},
		Attentions: len(n.layers), Heads: c.NumAttentionHeads, KVHeads: c.NumKeyValueHeads, KeyColumns: c.keyColumns(),
		Hidden: c.HiddenSize, Embedding: n.embed, Params: n.own, WriteConfig: c.Write,
		InitializerRange: c.InitializerRange, Head: adapter.HeadModule{Name: scoreModule},
	}
	for i, l := range n.layers {
		for _, p := range []linear{l.q, l.k, l.v, l.o, l.gate, l.up, l.down} {
			b.Layers = append(b.Layers, p.Layer)
		}
		b.Bare = append(b.Bare, fmt.Sprintf("model.layers.%d.mlp.act_fn", i))
	}
	return b
}

// Limits implements model.Architecture.
func (n *network) Limits() model.Limits { return n.config.Limits() }

// Special implements model.Architecture.
func (n *network) Special() model.SpecialTokens {
	return model.SpecialTokens{BOS: n.config.BosTokenID, EOS: n.config.EosTokenIDs}
}

// LanguageHead implements model.Architecture.
func (n *network) LanguageHead() *graph.Param { return n.head }

// Files implements model.Architecture.
func (n *network) Files() []checkpoint.File {
	return []checkpoint.File{
		{Name: model.ConfigName, Write: n.config.Write},
		{Name: checkpoint.SafetensorsName, Write: func(w io.Writer) error { return model.Write(w, n.own) }},
	}
}
