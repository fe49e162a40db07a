package graph

import (
	"math"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// Rope rotates each of the heads in x's columns [batch·rows, heads·dim] by its row's
// position (Su et al. 2021, arXiv:2104.09864), pairing element i with i + dim/2 as
// LLaMA's Hugging Face weights expect. The rows of a sequence have the positions
// from, from+1, …; from is 0 but where keys without a row stand before them. freqs are
// the dim/2 inverse frequencies: see RopeFreqs.
func (g *Graph) Rope(x *Node, heads int, freqs []float64, from int) *Node {
	if heads <= 0 || x.cols != heads*2*len(freqs) || !g.sequences("rope", x) || from < 0 {
		g.fail("rope: %d columns are not %d heads of twice %d frequencies, or position %d is below 0", x.cols, heads, len(freqs), from)
		return x
	}
	seq := x.rows / g.opts.Batch
	cos, sin := g.inputs.angles(g, freqs, from, seq)
	r := kernel.Rope{Rows: x.rows, Seq: seq, Heads: heads, Dim: 2 * len(freqs)}
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
// are zero. k and v may have more rows a sequence than q: those stand in front of
// it (see Prepend), and every query sees them.
func (g *Graph) Attention(q, k, v *Node, heads, kv int) *Node {
	if heads <= 0 || kv <= 0 || heads%kv != 0 || q.cols%heads != 0 || k.cols != kv*(q.cols/heads) || v.cols != k.cols {
		g.fail("attention: columns %d, %d, %d do not fit %d heads over %d key heads", q.cols, k.cols, v.cols, heads, kv)
		return q
	}
	if !g.sequences("attention", q) || k.rows != v.rows || k.rows < q.rows || k.rows%g.opts.Batch != 0 {
		g.fail("attention: %d rows of queries, %d of keys and %d of values do not fit batch %d", q.rows, k.rows, v.rows, g.opts.Batch)
		return q
	}
	if more := (k.rows - q.rows) / g.opts.Batch; more > 0 {
		// Queries of zeros see what stands in front of the others, and are dropped.
		return g.behind(g.Attention(g.Prepend(g.zeros(g.opts.Batch*more, q.cols), q), k, v, heads, kv), more)
	}
	dim := q.cols / heads
	a := kernel.Attention{Batch: g.opts.Batch, Seq: q.rows / g.opts.Batch, Heads: heads, KV: kv, Dim: dim, Scale: 1 / math.Sqrt(float64(dim))}
	lengths := g.inputs.lengths(g, g.Front(q))
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
