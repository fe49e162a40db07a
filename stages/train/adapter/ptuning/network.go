package ptuning

import (
	"fmt"
	"math"

	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/adapter/virtual"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
)

// mlp is PEFT's PromptEncoder of type MLP.
func (c Config) mlp(e virtual.Encoder) virtual.Make {
	rows, hidden := e.Rows(c.NumVirtualTokens, c.TokenDim), c.EncoderHiddenSize
	first, second, third := e.Linear("mlp_head.0", c.TokenDim, hidden), e.Linear("mlp_head.2", hidden, hidden), e.Linear("mlp_head.4", hidden, c.TokenDim)
	return func(g *graph.Graph) *graph.Node {
		x := g.Activate(first(g, rows(g)), kernel.ReLU)
		return third(g, g.Activate(second(g, x), kernel.ReLU))
	}
}

// lstm is PEFT's PromptEncoder of type LSTM.
func (c Config) lstm(e virtual.Encoder) virtual.Make {
	rows, both := e.Rows(c.NumVirtualTokens, c.TokenDim), 2*c.EncoderHiddenSize
	var layers [][2]graph.LSTM
	for in := c.TokenDim; len(layers) < c.EncoderNumLayers; in = both {
		layers = append(layers, c.layer(e, len(layers), in))
	}
	first, second := e.Linear("mlp_head.0", both, both), e.Linear("mlp_head.2", both, c.TokenDim)
	return func(g *graph.Graph) *graph.Node {
		x := rows(g)
		for i, l := range layers {
			if i > 0 {
				x = g.Dropout(x, c.EncoderDropout)
			}
			x = g.Beside(g.LSTM(x, l[0]), g.LSTM(x, l[1]))
		}
		return second(g, g.Activate(first(g, x), kernel.ReLU))
	}
}

// layer makes the two directions of a layer of torch.nn.LSTM.
func (c Config) layer(e virtual.Encoder, number, in int) (directions [2]graph.LSTM) {
	gates, draw := 4*c.EncoderHiddenSize, adapter.Uniform(1/math.Sqrt(float64(c.EncoderHiddenSize)))
	for i, suffix := range []string{"", "_reverse"} {
		name := func(part string) string { return fmt.Sprintf("lstm_head.%s_l%d%s", part, number, suffix) }
		directions[i] = graph.LSTM{
			InputWeight: e.Param(name("weight_ih"), draw, gates, in), HiddenWeight: e.Param(name("weight_hh"), draw, gates, c.EncoderHiddenSize),
			InputBias: e.Param(name("bias_ih"), draw, gates), HiddenBias: e.Param(name("bias_hh"), draw, gates), Reverse: i == 1,
		}
	}
	return directions
}
