package graph

import (
	"math"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// Embedding looks up input_ids in table [vocab, hidden]: [batch·seq, hidden].
func (g *Graph) Embedding(table *Param) *Node {
	if !g.matrix("embedding", table) {
		return g.node(1, 1)
	}
	ids, cols := g.inputs.ids(g), table.shape[1]
	y := g.node(g.Rows(), cols)
	o := &op{name: "embedding", params: []*Param{table}, out: y}
	o.run = func(b kernel.Backend) { b.Gather(y.buf(), table.value, ids.buf, y.rows, cols) }
	o.back = func(dy *Node) {
		g.accumulate("embedding.grad", table, []*Node{dy}, func(b kernel.Backend) {
			b.ScatterAdd(table.grad, dy.buf(), ids.buf, dy.rows, cols)
		})
	}
	return g.emit(o)
}

// RMSNorm is x / sqrt(mean(x²) + eps) · w over the last dimension (Zhang and
// Sennrich 2019, arXiv:1910.07467).
func (g *Graph) RMSNorm(x *Node, w *Param, eps float64) *Node {
	if w.Len() != x.cols {
		g.fail("rmsnorm: weight %s has %d elements, its input %d columns", w.name, w.Len(), x.cols)
		return x
	}
	n := kernel.Norm{Rows: x.rows, Cols: x.cols, Eps: eps}
	y, rstd := g.node(x.rows, x.cols), g.sums(x.rows, 1)
	o := &op{name: "rmsnorm", reads: []*Node{x}, params: []*Param{w}, out: y, side: []*Node{rstd}}
	o.run = func(b kernel.Backend) { b.RMSNorm(y.buf(), rstd.buf(), x.buf(), w.value, n) }
	o.back = func(dy *Node) {
		if !x.needs {
			g.accumulate("rmsnorm.grad", w, []*Node{dy, x, rstd}, func(b kernel.Backend) {
				b.RMSNormBack(nil, w.grad, dy.buf(), x.buf(), w.value, rstd.buf(), n, false)
			})
			return
		}
		g.addInto(x, "rmsnorm.grad", []*Node{dy, x, rstd}, []*Param{w}, func(b kernel.Backend, dx kernel.Buffer, acc bool) {
			b.RMSNormBack(dx, w.grad, dy.buf(), x.buf(), w.value, rstd.buf(), n, acc)
		})
	}
	return g.emit(o)
}

// Rope rotates each of the heads in x's columns by its token's position
// (Su et al. 2021, arXiv:2104.09864), pairing element i with i + dim/2 as
// LLaMA's Hugging Face weights expect. freqs are the dim/2 inverse frequencies:
// see RopeFreqs.
func (g *Graph) Rope(x *Node, heads int, freqs []float64) *Node {
	if heads <= 0 || x.cols != heads*2*len(freqs) || x.rows != g.Rows() {
		g.fail("rope: %d columns are not %d heads of twice %d frequencies", x.cols, heads, len(freqs))
		return x
	}
	cos, sin := g.inputs.angles(g, freqs)
	r := kernel.Rope{Rows: x.rows, Seq: g.opts.Seq, Heads: heads, Dim: 2 * len(freqs)}
	y := g.node(x.rows, x.cols)
	o := &op{name: "rope", reads: []*Node{x}, out: y, inplace: x}
	o.run = func(b kernel.Backend) { b.Rope(y.buf(), x.buf(), cos.buf, sin.buf, r) }
	inverse := r
	inverse.Inverse = true
	o.back = func(dy *Node) {
		dx := g.node(x.rows, x.cols)
		g.emit(&op{name: "rope.grad", reads: []*Node{dy}, out: dx, inplace: dy, run: func(b kernel.Backend) {
			b.Rope(dx.buf(), dy.buf(), cos.buf, sin.buf, inverse)
		}})
		g.addGrad(x, dx)
	}
	return g.emit(o)
}

// RopeFreqs returns theta^(-2i/dim) for i < dim/2.
func RopeFreqs(dim int, theta float64) []float64 {
	f := make([]float64, dim/2)
	for i := range f {
		f[i] = math.Pow(theta, -2*float64(i)/float64(dim))
	}
	return f
}

// Attention is causal softmax attention over the tokens below each sequence's
// length. q has heads heads in its columns, k and v have kv: with fewer, each
// serves heads/kv query heads (grouped-query attention). Rows past the length
// are zero.
func (g *Graph) Attention(q, k, v *Node, heads, kv int) *Node {
	if heads <= 0 || kv <= 0 || heads%kv != 0 || q.cols%heads != 0 || k.cols != kv*(q.cols/heads) || v.cols != k.cols {
		g.fail("attention: columns %d, %d, %d do not fit %d heads over %d key heads", q.cols, k.cols, v.cols, heads, kv)
		return q
	}
	dim := q.cols / heads
	a := kernel.Attention{Batch: g.opts.Batch, Seq: g.opts.Seq, Heads: heads, KV: kv, Dim: dim, Scale: 1 / math.Sqrt(float64(dim))}
	lengths := g.inputs.lengths(g)
	y, lse := g.node(q.rows, q.cols), g.sums(q.rows, heads)
	o := &op{name: "attention", reads: []*Node{q, k, v}, out: y, side: []*Node{lse}}
	o.run = func(b kernel.Backend) {
		b.Attention(y.buf(), lse.buf(), q.buf(), k.buf(), v.buf(), lengths.buf, a)
	}
	o.back = func(dy *Node) {
		dq, dk, dv := g.node(q.rows, q.cols), g.node(k.rows, k.cols), g.node(v.rows, v.cols)
		g.emit(&op{name: "attention.grad", reads: []*Node{dy, y, lse, q, k, v}, out: dq, side: []*Node{dk, dv}, run: func(b kernel.Backend) {
			b.AttentionBack(dq.buf(), dk.buf(), dv.buf(), dy.buf(), y.buf(), lse.buf(), q.buf(), k.buf(), v.buf(), lengths.buf, a)
		}})
		dk.from, dv.from = dq.from, dq.from
		g.addGrad(q, dq)
		g.addGrad(k, dk)
		g.addGrad(v, dv)
	}
	return g.emit(o)
}

// SwiGLU is silu(gate) ⊙ up (Shazeer 2020, arXiv:2002.05202).
func (g *Graph) SwiGLU(gate, up *Node) *Node {
	if !g.same("swiglu", gate, up) {
		return gate
	}
	y := g.node(gate.rows, gate.cols)
	o := &op{name: "swiglu", reads: []*Node{gate, up}, out: y}
	o.run = func(b kernel.Backend) { b.SwiGLU(y.buf(), gate.buf(), up.buf()) }
	o.back = func(dy *Node) {
		dgate, dup := g.node(gate.rows, gate.cols), g.node(up.rows, up.cols)
		g.emit(&op{name: "swiglu.grad", reads: []*Node{dy, gate, up}, out: dgate, side: []*Node{dup}, run: func(b kernel.Backend) {
			b.SwiGLUBack(dgate.buf(), dup.buf(), dy.buf(), gate.buf(), up.buf())
		}})
		dup.from = dgate.from
		g.addGrad(gate, dgate)
		g.addGrad(up, dup)
	}
	return g.emit(o)
}

// Add is a + b: the residual.
func (g *Graph) Add(a, b *Node) *Node {
	if !g.same("add", a, b) {
		return a
	}
	o := g.sum("add", a, b)
	o.back = func(dy *Node) {
		g.addGrad(a, dy)
		g.addGrad(b, dy)
	}
	return g.emit(o)
}

func (g *Graph) sum(name string, a, b *Node) *op {
	y := g.node(a.rows, a.cols)
	return &op{name: name, reads: []*Node{a, b}, out: y, inplace: a, run: func(k kernel.Backend) {
		k.Add(y.buf(), a.buf(), b.buf())
	}}
}

// LastToken picks the last real token of each sequence: [batch, cols].
func (g *Graph) LastToken(x *Node) *Node {
	if x.rows != g.Rows() {
		g.fail("last token: the input has %d rows, not batch·seq", x.rows)
		return x
	}
	last := g.inputs.last(g)
	y := g.node(g.opts.Batch, x.cols)
	o := &op{name: "last_token", reads: []*Node{x}, out: y}
	o.run = func(b kernel.Backend) { b.Gather(y.buf(), x.buf(), last.buf, y.rows, y.cols) }
	o.back = func(dy *Node) {
		g.addInto(x, "last_token.grad", []*Node{dy}, nil, func(b kernel.Backend, dx kernel.Buffer, acc bool) {
			if !acc {
				b.Fill(dx, 0)
			}
			b.ScatterAdd(dx, dy.buf(), last.buf, dy.rows, dy.cols)
		})
	}
	return g.emit(o)
}

func (g *Graph) same(name string, a, b *Node) bool {
	if a.rows != b.rows || a.cols != b.cols {
		g.fail("%s: [%d, %d] and [%d, %d] differ", name, a.rows, a.cols, b.rows, b.cols)
		return false
	}
	return true
}

func (g *Graph) matrix(name string, p *Param) bool {
	if len(p.shape) != 2 {
		g.fail("%s: parameter %s has shape %v, not a matrix", name, p.name, p.shape)
		return false
	}
	return true
}
