package llama

import (
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/graph"
)

// Hidden implements model.Architecture: the last hidden states after the final norm.
func (n *network) Hidden(g *graph.Graph, hooks adapter.Method) *graph.Node {
	x := hooks.Embed(g, g.PaddedEmbedding(n.embed, n.config.PadTokenID))
	for i, l := range n.layers {
		x = g.Checkpoint(x, func(x *graph.Node) *graph.Node { return n.layer(g, hooks, i, l, x) })
	}
	return g.RMSNorm(x, n.norm, n.config.RMSNormEps)
}

func (n *network) layer(g *graph.Graph, hooks adapter.Method, i int, l layer, x *graph.Node) *graph.Node {
	x = g.Add(x, n.attention(g, hooks, i, l, g.RMSNorm(x, l.inputNorm, n.config.RMSNormEps)))
	return g.Add(x, feedForward(g, hooks, l, g.RMSNorm(x, l.postNorm, n.config.RMSNormEps)))
}

// attention turns queries and keys by their positions, which come after those of the
// virtual tokens that have no row.
func (n *network) attention(g *graph.Graph, hooks adapter.Method, i int, l layer, x *graph.Node) *graph.Node {
	c := n.config
	freqs, from := c.RopeScaling.frequencies(c.HeadDim, c.RopeTheta), hooks.VirtualTokens()-g.Front(x)
	a := adapter.Attention{Layer: i, Heads: c.NumAttentionHeads, KVHeads: c.NumKeyValueHeads}
	a.Project = func(x *graph.Node) (k, v *graph.Node) { return apply(g, hooks, l.k, x), apply(g, hooks, l.v, x) }
	a.Q = g.Rope(apply(g, hooks, l.q, x), a.Heads, freqs, from)
	k, v := a.Project(x)
	a.K, a.V = g.Rope(k, a.KVHeads, freqs, from), v
	return apply(g, hooks, l.o, hooks.Attention(g, a, func(k, v *graph.Node) *graph.Node {
		return g.Attention(a.Q, k, v, graph.AttentionOptions{Heads: a.Heads, KV: a.KVHeads, Causal: true, Dropout: c.AttentionDropout})
	}))
}

func feedForward(g *graph.Graph, hooks adapter.Method, l layer, x *graph.Node) *graph.Node {
	return apply(g, hooks, l.down, g.SwiGLU(apply(g, hooks, l.gate, x), apply(g, hooks, l.up, x)))
}

// apply is a linear layer as the adapters change it.
func apply(g *graph.Graph, hooks adapter.Method, l linear, x *graph.Node) *graph.Node {
	return hooks.Linear(g, l.Layer, x, g.Linear(x, l.weight, l.bias))
}

// Pool implements model.Architecture: the last real token of each sequence.
func (n *network) Pool(g *graph.Graph, _ adapter.Method, hidden *graph.Node) *graph.Node {
	return g.LastToken(hidden)
}

// Drops implements model.Architecture.
func (n *network) Drops() bool { return n.config.AttentionDropout > 0 }

// Pooled implements model.Architecture: as in transformers
// (GenericForSequenceClassification) up to the rightmost token that is not pad_token_id,
// or the first token where all are. What stands after it changes nothing, as attention
// looks back alone.
func (n *network) Pooled(ids []int32) []int32 {
	end := len(ids)
	for end > 1 && ids[end-1] == n.config.PadTokenID {
		end--
	}
	return ids[:end]
}
