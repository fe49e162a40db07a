package graph_test

import (
	"fmt"

	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
)

const vocab = 11

// classify ends a network with a mean of a classification head, so that any
// [batch·seq, cols] node reaches a loss.
func classify(n *net, g *graph.Graph, x *graph.Node) *graph.Node {
	head := n.param("score.weight", graph.Trainable, 3, x.Cols())
	return g.CrossEntropy(g.Linear(g.LastToken(x), head, nil), []float64{1, 2, 0.5})
}

// networks hold one block each, fed by a trained embedding, so that every input
// that can carry a gradient does.
var networks = map[string]func(*net, *graph.Graph) *graph.Node{
	"embedding, last token, class weights": func(n *net, g *graph.Graph) *graph.Node {
		return classify(n, g, n.embed(g, 6))
	},
	"rmsnorm": func(n *net, g *graph.Graph) *graph.Node {
		return classify(n, g, g.RMSNorm(n.embed(g, 7), n.param("norm", graph.Trainable, 7), 1e-5))
	},
	"rmsnorm below a frozen embedding": func(n *net, g *graph.Graph) *graph.Node {
		x := g.Embedding(n.param("frozen", graph.Frozen, vocab, 5))
		return classify(n, g, g.RMSNorm(x, n.param("norm", graph.Trainable, 5), 1e-5))
	},
	"linear with bias": func(n *net, g *graph.Graph) *graph.Node {
		return classify(n, g, g.Linear(n.embed(g, 5), n.param("w", graph.Trainable, 9, 5), n.param("bias", graph.Trainable, 9)))
	},
	"frozen linear with trained bias": func(n *net, g *graph.Graph) *graph.Node {
		return classify(n, g, g.Linear(n.embed(g, 5), n.param("w", graph.Frozen, 9, 5), n.param("bias", graph.Trainable, 9)))
	},
	"lora, two adapters trained, one frozen": func(n *net, g *graph.Graph) *graph.Node {
		return classify(n, g, updated(g, n.embed(g, 6), n.param("w", graph.Frozen, 5, 6), nil,
			n.adapter("one", graph.Trainable, 6, 2, 5, 0), n.adapter("two", graph.Trainable, 6, 3, 5, 0), n.adapter("three", graph.Frozen, 6, 1, 5, 0)))
	},
	"lora with dropout on a frozen input": func(n *net, g *graph.Graph) *graph.Node {
		x := g.Embedding(n.param("frozen", graph.Frozen, vocab, 6))
		return classify(n, g, updated(g, x, n.param("w", graph.Frozen, 5, 6), n.param("bias", graph.Trainable, 5),
			n.adapter("one", graph.Trainable, 6, 2, 5, 0.3), n.adapter("two", graph.Trainable, 6, 3, 5, 0.5)))
	},
	"lora with dropout on a trained input": func(n *net, g *graph.Graph) *graph.Node {
		return classify(n, g, updated(g, n.embed(g, 6), n.param("w", graph.Frozen, 5, 6), nil,
			n.adapter("one", graph.Trainable, 6, 2, 5, 0.3), n.adapter("two", graph.Frozen, 6, 3, 5, 0.5)))
	},
	"rope": func(n *net, g *graph.Graph) *graph.Node {
		return classify(n, g, g.Rope(n.embed(g, 12), 2, graph.RopeFreqs(6, 100), 0))
	},
	"attention": func(n *net, g *graph.Graph) *graph.Node { return classify(n, g, n.attend(g, 3, 3)) },
	"grouped-query attention": func(n *net, g *graph.Graph) *graph.Node {
		return classify(n, g, n.attend(g, 4, 2))
	},
	"one key head, language model": func(n *net, g *graph.Graph) *graph.Node {
		return g.LMLoss(n.attend(g, 3, 1), n.param("head", graph.Trainable, vocab, 12))
	},
	"swiglu": func(n *net, g *graph.Graph) *graph.Node {
		x := n.embed(g, 4)
		return classify(n, g, g.SwiGLU(g.Linear(x, n.param("gate", graph.Trainable, 6, 4), nil), g.Linear(x, n.param("up", graph.Trainable, 6, 4), nil)))
	},
	"dropout": func(n *net, g *graph.Graph) *graph.Node { return classify(n, g, g.Dropout(n.embed(g, 6), 0.4)) },
	"residual of itself and of its function": func(n *net, g *graph.Graph) *graph.Node {
		x := n.embed(g, 5)
		x = g.Add(x, g.Linear(x, n.param("w", graph.Trainable, 5, 5), nil))
		return classify(n, g, g.Add(x, x))
	},
	"fan-out to four": func(n *net, g *graph.Graph) *graph.Node {
		x := n.embed(g, 6)
		w := n.param("w", graph.Trainable, 6, 6)
		y := g.Add(g.Linear(x, w, nil), g.Rope(x, 1, graph.RopeFreqs(6, 10), 0))
		return classify(n, g, g.Add(g.Add(y, g.RMSNorm(x, n.param("norm", graph.Trainable, 6), 1e-6)), g.Linear(x, w, nil)))
	},
	"tied embeddings": func(n *net, g *graph.Graph) *graph.Node {
		x := n.embed(g, 5)
		return g.LMLoss(g.RMSNorm(x, n.param("norm", graph.Trainable, 5), 1e-5), n.made["embed"])
	},
	"frozen language model head": func(n *net, g *graph.Graph) *graph.Node {
		return g.LMLoss(n.embed(g, 5), n.param("head", graph.Frozen, vocab, 5))
	},
	"language model head alone is trained": func(n *net, g *graph.Graph) *graph.Node {
		x := g.Embedding(n.param("frozen", graph.Frozen, vocab, 5))
		return g.LMLoss(x, n.param("head", graph.Trainable, vocab, 5))
	},
	"multi-label": func(n *net, g *graph.Graph) *graph.Node {
		return g.SigmoidCrossEntropy(g.Linear(g.LastToken(n.embed(g, 5)), n.param("score", graph.Trainable, 3, 5), n.param("bias", graph.Trainable, 3)))
	},
	"tokens in front, last token": func(n *net, g *graph.Graph) *graph.Node {
		return classify(n, g, n.attendIn(g, n.inFront(g, 2, 12), 3, 3))
	},
	"tokens in front, language model": func(n *net, g *graph.Graph) *graph.Node {
		return g.LMLoss(g.Rope(n.inFront(g, 3, 12), 3, graph.RopeFreqs(4, 10), 0), n.param("head", graph.Trainable, vocab, 12))
	},
	"tokens in front, dropped again": func(n *net, g *graph.Graph) *graph.Node {
		x := n.attendIn(g, n.inFront(g, 2, 12), 4, 2)
		return g.LMLoss(g.Text(x), n.param("head", graph.Trainable, vocab, 12))
	},
	"keys in front": func(n *net, g *graph.Graph) *graph.Node {
		return classify(n, g, n.attendBehind(g, n.embed(g, 12), 3, true))
	},
	"keys in front of tokens in front": func(n *net, g *graph.Graph) *graph.Node {
		return classify(n, g, n.attendBehind(g, n.inFront(g, 2, 12), 1, true))
	},
	"keys in front of all tokens": func(n *net, g *graph.Graph) *graph.Node {
		return classify(n, g, n.attendBehind(g, n.embed(g, 12), 2, false))
	},
	"attention to all tokens": func(n *net, g *graph.Graph) *graph.Node {
		return classify(n, g, n.attendWith(g, n.embed(g, 12), graph.AttentionOptions{Heads: 4, KV: 2}))
	},
	"attention with dropout": func(n *net, g *graph.Graph) *graph.Node {
		return classify(n, g, n.attendWith(g, n.embed(g, 12), graph.AttentionOptions{Heads: 2, KV: 2, Dropout: 0.4}))
	},
	"causal attention with dropout behind tokens in front": func(n *net, g *graph.Graph) *graph.Node {
		return classify(n, g, n.attendWith(g, n.inFront(g, 2, 12), graph.AttentionOptions{Heads: 3, KV: 1, Causal: true, Dropout: 0.2}))
	},
	"gated attention to a prompt": func(n *net, g *graph.Graph) *graph.Node {
		x := n.embed(g, 12)
		prompt := g.Repeat(n.param("prompt", graph.Trainable, 3, 12))
		k := g.Linear(prompt, n.param("k", graph.Trainable, 6, 12), nil)
		v := g.Linear(prompt, n.param("v", graph.Trainable, 6, 12), nil)
		return classify(n, g, g.Gated(x, g.CrossAttention(x, k, v, 4, 2), n.param("gate", graph.Trainable, 1)))
	},
	"layernorm": func(n *net, g *graph.Graph) *graph.Node {
		return classify(n, g, g.LayerNorm(n.embed(g, 7), n.param("norm", graph.Trainable, 7), n.param("bias", graph.Trainable, 7), 1e-5))
	},
	"layernorm below a frozen embedding, twice": func(n *net, g *graph.Graph) *graph.Node {
		x := g.Embedding(n.param("frozen", graph.Frozen, vocab, 5))
		x = g.LayerNorm(x, n.param("norm", graph.Trainable, 5), n.param("bias", graph.Frozen, 5), 1e-5)
		return classify(n, g, g.Add(x, g.LayerNorm(x, n.param("norm2", graph.Frozen, 5), n.param("bias2", graph.Trainable, 5), 1e-5)))
	},
	"activations": func(n *net, g *graph.Graph) *graph.Node {
		x := n.embed(g, 6)
		for _, f := range []kernel.Function{kernel.GELU, kernel.Tanh, kernel.GELUTanh, kernel.ReLU} {
			x = g.Add(g.Activate(x, f), g.Linear(x, n.param(fmt.Sprint("w", f), graph.Trainable, 6, 6), nil))
		}
		return classify(n, g, x)
	},
	"positions, first token": func(n *net, g *graph.Graph) *graph.Node {
		x := n.inFront(g, 2, 6)
		x = g.Add(x, g.Positions(n.param("positions", graph.Trainable, 12, 6), x, 1))
		return g.CrossEntropy(g.Linear(g.FirstToken(x), n.param("score.weight", graph.Trainable, 3, 6), nil), nil)
	},
	"lstm in both directions in front": func(n *net, g *graph.Graph) *graph.Node {
		x := g.Lookup(n.param("table", graph.Trainable, 4, 5), 5, []int32{0, 1, 2, 3})
		both := g.Beside(g.LSTM(x, n.lstm("there", 5, 3, false)), g.LSTM(x, n.lstm("back", 5, 3, true)))
		return classify(n, g, g.Prepend(g.RepeatRows(both), n.embed(g, 6)))
	},
	"keys of a wide table": func(n *net, g *graph.Graph) *graph.Node {
		wide := g.Activate(g.Linear(g.Lookup(n.param("table", graph.Trainable, 2, 5), 5, []int32{0, 1}), n.param("w", graph.Trainable, 12, 5), nil), kernel.Tanh)
		ids := make([]int32, 2*n.opts.Batch)
		for i := range ids {
			ids[i] = int32(i%2*3 + 1)
		}
		return classify(n, g, g.Prepend(g.Select(wide, 4, ids), n.embed(g, 4)))
	},
	"a replaced weight": func(n *net, g *graph.Graph) *graph.Node {
		w := n.made["w"]
		if w == nil {
			w = n.param("w", graph.Frozen, 4, 4)
			w.Replace(n.param("copy", graph.Trainable, 4, 4))
		}
		return classify(n, g, g.Linear(n.embed(g, 4), w, nil))
	},
	"two layers": func(n *net, g *graph.Graph) *graph.Node { return llama(n, g, llamaSize{2, 8, 2, 1, 12, vocab, 2, 0.2}) },
}

func (n *net) embed(g *graph.Graph, cols int) *graph.Node {
	return g.Embedding(n.param("embed", graph.Trainable, vocab, cols))
}

func (n *net) adapter(name string, mode graph.Mode, in, r, out int, dropout float64) graph.LowRank {
	return graph.LowRank{A: n.param(name+".A", mode, r, in), B: n.param(name+".B", mode, out, r), Scale: 1.5, Dropout: dropout}
}

// updated is a linear layer with the updates of adapters.
func updated(g *graph.Graph, x *graph.Node, w, bias *graph.Param, adapters ...graph.LowRank) *graph.Node {
	y := g.Linear(x, w, bias)
	for _, a := range adapters {
		y = g.LoRA(x, y, a)
	}
	return y
}

// inFront is an embedding with trained rows in front of each sequence.
func (n *net) inFront(g *graph.Graph, rows, cols int) *graph.Node {
	return g.Prepend(g.Repeat(n.param("front", graph.Trainable, rows, cols)), n.embed(g, cols))
}

// attendBehind is attention of x, of 12 columns and two heads over one key head, with
// trained keys and values in front of its own.
func (n *net) attendBehind(g *graph.Graph, x *graph.Node, rows int, causal bool) *graph.Node {
	before := func(name string, x *graph.Node) *graph.Node {
		return g.Prepend(g.Repeat(n.param(name, graph.Trainable, rows, 6)), x)
	}
	freqs := graph.RopeFreqs(6, 10)
	q := g.Rope(g.Linear(x, n.param("q", graph.Trainable, 12, 12), nil), 2, freqs, rows)
	k := g.Rope(g.Linear(x, n.param("k", graph.Trainable, 6, 12), nil), 1, freqs, rows)
	v := g.Linear(x, n.param("v", graph.Trainable, 6, 12), nil)
	return g.Attention(q, before("keys", k), before("values", v), graph.AttentionOptions{Heads: 2, KV: 1, Causal: causal})
}

// attend is attention of an embedding of 12 columns to itself.
func (n *net) attend(g *graph.Graph, heads, kv int) *graph.Node {
	return n.attendIn(g, n.embed(g, 12), heads, kv)
}

func (n *net) attendIn(g *graph.Graph, x *graph.Node, heads, kv int) *graph.Node {
	return n.attendWith(g, x, graph.AttentionOptions{Heads: heads, KV: kv, Causal: true})
}

func (n *net) attendWith(g *graph.Graph, x *graph.Node, o graph.AttentionOptions) *graph.Node {
	kv, dim := o.KV, 12/o.Heads
	q := g.Linear(x, n.param("q", graph.Trainable, 12, 12), nil)
	k := g.Linear(x, n.param("k", graph.Trainable, kv*dim, 12), nil)
	v := g.Linear(x, n.param("v", graph.Trainable, kv*dim, 12), nil)
	return g.Attention(q, k, v, o)
}

func (n *net) lstm(name string, in, hidden int, reverse bool) graph.LSTM {
	p := func(of string, shape ...int) *graph.Param { return n.param(name+of, graph.Trainable, shape...) }
	return graph.LSTM{InputWeight: p("ih", 4*hidden, in), HiddenWeight: p("hh", 4*hidden, hidden), InputBias: p("bih", 4*hidden), HiddenBias: p("bhh", 4*hidden), Reverse: reverse}
}

// llamaSize is the shape of a small LLaMA with LoRA on q and v.
type llamaSize struct {
	layers, hidden, heads, kv, inner, vocab, rank int
	dropout                                       float64
}

func llama(n *net, g *graph.Graph, s llamaSize) *graph.Node {
	dim := s.hidden / s.heads
	freqs := graph.RopeFreqs(dim, 10000)
	x := g.Embedding(n.param("embed", graph.Frozen, s.vocab, s.hidden))
	layer := func(i int, x *graph.Node) *graph.Node {
		p := func(name string, shape ...int) *graph.Param {
			return n.param(fmt.Sprintf("%d.%s", i, name), graph.Frozen, shape...)
		}
		h := g.RMSNorm(x, p("norm1", s.hidden), 1e-6)
		q := updated(g, h, p("q", s.hidden, s.hidden), nil, n.adapter(fmt.Sprint(i, "q"), graph.Trainable, s.hidden, s.rank, s.hidden, s.dropout))
		k := g.Linear(h, p("k", s.kv*dim, s.hidden), nil)
		v := updated(g, h, p("v", s.kv*dim, s.hidden), nil, n.adapter(fmt.Sprint(i, "v"), graph.Trainable, s.hidden, s.rank, s.kv*dim, s.dropout))
		a := g.Attention(g.Rope(q, s.heads, freqs, 0), g.Rope(k, s.kv, freqs, 0), v, graph.AttentionOptions{Heads: s.heads, KV: s.kv, Causal: true})
		x = g.Add(x, g.Linear(a, p("o", s.hidden, s.hidden), nil))
		h = g.RMSNorm(x, p("norm2", s.hidden), 1e-6)
		f := g.SwiGLU(g.Linear(h, p("gate", s.inner, s.hidden), nil), g.Linear(h, p("up", s.inner, s.hidden), nil))
		return g.Add(x, g.Linear(f, p("down", s.hidden, s.inner), nil))
	}
	for i := range s.layers {
		x = g.Checkpoint(x, func(x *graph.Node) *graph.Node { return layer(i, x) })
	}
	return g.LMLoss(g.RMSNorm(x, n.param("norm", graph.Frozen, s.hidden), 1e-6), n.param("head", graph.Frozen, s.vocab, s.hidden))
}
