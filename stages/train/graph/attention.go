package graph

import (
	"math"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

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
