package virtual

import (
	"math"

	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/graph"
)

// encoderName stands before the names of an encoder's parameters, which no file has.
const encoderName = "prompt_encoder."

// Make adds the rows of one sequence to a graph: [tokens, columns].
type Make func(g *graph.Graph) *graph.Node

// Encoder makes virtual tokens of other rows by a network, which PEFT does not save.
type Encoder struct{ Tensors *adapter.Tensors }

// Param makes a parameter of the network.
func (e Encoder) Param(name string, draw adapter.Draw, shape ...int) *graph.Param {
	return e.Tensors.AddForTraining(encoderName+name, draw, shape...)
}

// Rows are the network's input [tokens, columns].
func (e Encoder) Rows(tokens, columns int) Make {
	return All(e.Param("embedding.weight", adapter.Normal(1), tokens, columns)) // torch.nn.Embedding
}

// Linear is a linear layer with bias.
func (e Encoder) Linear(name string, in, out int) func(g *graph.Graph, x *graph.Node) *graph.Node {
	draw := adapter.Uniform(1 / math.Sqrt(float64(in))) // torch.nn.Linear
	weight, bias := e.Param(name+".weight", draw, out, in), e.Param(name+".bias", draw, out)
	return func(g *graph.Graph, x *graph.Node) *graph.Node { return g.Linear(x, weight, bias) }
}

// All are the rows of a parameter.
func All(p *graph.Param) Make {
	ids := make([]int32, p.Shape()[0])
	for i := range ids {
		ids[i] = int32(i)
	}
	return func(g *graph.Graph) *graph.Node { return g.Lookup(p, p.Shape()[1], ids) }
}
