package bert

import (
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
)

// Hidden implements model.Architecture.
func (n *network) Hidden(g *graph.Graph, hooks adapter.Method) *graph.Node {
	x := n.embed(g, hooks)
	for i, l := range n.layers {
		x = g.Checkpoint(x, func(x *graph.Node) *graph.Node { return n.layer(g, hooks, i, l, x) })
	}
	return x
}

// embed adds to each word its position, which comes after those of the virtual tokens that
// have no row, and the type of a text that stands alone. The rows that adapters put in
// front get both too.
func (n *network) embed(g *graph.Graph, hooks adapter.Method) *graph.Node {
	x := hooks.Embed(g, g.PaddedEmbedding(n.words, n.config.PadTokenID))
	x = g.Add(x, g.Lookup(n.types, n.config.HiddenSize, make([]int32, x.Rows())))
	x = g.Add(x, g.Positions(n.positions, x, hooks.VirtualTokens()-g.Front(x)))
	return g.Dropout(n.normed(g, x, n.norm), n.config.HiddenDropout)
}

func (n *network) layer(g *graph.Graph, hooks adapter.Method, i int, l layer, x *graph.Node) *graph.Node {
	x = n.residual(g, x, apply(g, hooks, l.attended, n.attention(g, hooks, i, l, x)), l.attendedNorm)
	y := g.Activate(apply(g, hooks, l.intermediate, x), n.config.HiddenAct.function())
	return n.residual(g, x, apply(g, hooks, l.output, y), l.outputNorm)
}

func (n *network) attention(g *graph.Graph, hooks adapter.Method, i int, l layer, x *graph.Node) *graph.Node {
	heads := n.config.NumAttentionHeads
	a := adapter.Attention{Layer: i, Heads: heads, KVHeads: heads, Q: apply(g, hooks, l.query, x)}
	a.Project = func(x *graph.Node) (k, v *graph.Node) { return apply(g, hooks, l.key, x), apply(g, hooks, l.value, x) }
	a.K, a.V = a.Project(x)
	return hooks.Attention(g, a, func(k, v *graph.Node) *graph.Node {
		return g.Attention(a.Q, k, v, graph.AttentionOptions{Heads: heads, KV: heads, Dropout: n.config.AttentionDropout})
	})
}

// residual is what a part of a layer makes of x, dropped out, added to x and normed.
func (n *network) residual(g *graph.Graph, x, y *graph.Node, norm norm) *graph.Node {
	return n.normed(g, g.Add(g.Dropout(y, n.config.HiddenDropout), x), norm)
}

func (n *network) normed(g *graph.Graph, x *graph.Node, norm norm) *graph.Node {
	return g.LayerNorm(x, norm.weight, norm.bias, n.config.LayerNormEps)
}

// apply is a linear layer as the adapters change it.
func apply(g *graph.Graph, hooks adapter.Method, l linear, x *graph.Node) *graph.Node {
	return hooks.Linear(g, l.Layer, x, g.Linear(x, l.weight, l.bias))
}

// Pool implements model.Architecture: the pooler's view of the first row of each sequence,
// as the classifier gets it in training.
func (n *network) Pool(g *graph.Graph, hooks adapter.Method, hidden *graph.Node) *graph.Node {
	pooled := g.Activate(apply(g, hooks, n.pooler, g.FirstToken(hidden)), kernel.Tanh)
	return g.Dropout(pooled, n.config.ClassifierDropout)
}
