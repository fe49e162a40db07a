package graph

import (
	"math"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// Rope rotates each of the heads in x's columns [batch·rows, heads·dim] by its row's
// position (Su et al. 2021, arXiv:2104.09864), pairing element i with i + dim/2 as
// LLaMA's Hugging Face weights expect. The rows of a sequence have the positions
// from, from+1, …; from is 0 but where keys without a row stand before them. With
// Options.Positioned those of a text's tokens are as many more as the batch says. freqs
// are the dim/2 inverse frequencies: see RopeFreqs.
func (g *Graph) Rope(x *Node, heads int, freqs []float64, from int) *Node {
	if heads <= 0 || x.cols != heads*2*len(freqs) || !g.sequences("rope", x) || from < 0 {
		g.fail("rope: %d columns are not %d heads of twice %d frequencies, or position %d is below 0", x.cols, heads, len(freqs), from)
		return x
	}
	seq := x.rows / g.opts.Batch
	if g.opts.Positioned {
		seq = x.rows // each has angles of its own
	}
	cos, sin := g.inputs.angles(g, freqs, from, g.Front(x))
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

// AttentionOptions say how queries see keys.
type AttentionOptions struct {
	Heads, KV int     // of the queries, and of the keys and values
	Causal    bool    // a query sees its own token and those before it; else all of its text
	Dropout   float64 // of the probabilities, where Options.Training is set
}

// Attention is softmax attention over the tokens below each sequence's length, and with
// Options.Packed over those of the same document. q has Heads heads in its columns, k and
// v have KV: with fewer, each serves Heads/KV query heads (grouped-query attention). Rows
// past the length are zero. k and v may have more rows a sequence than q: those stand in
// front of it (see Prepend), and every query sees them.
func (g *Graph) Attention(q, k, v *Node, o AttentionOptions) *Node {
	if !g.heads(q, k, v, o.Heads, o.KV) || !g.sequences("attention", q) {
		return q
	}
	more, front := (k.rows-q.rows)/g.opts.Batch, g.Front(q)
	if more < 0 || front > 0 && g.opts.Packed {
		g.fail("attention: %d rows of queries and %d of keys, or packed documents behind rows in front of them", q.rows, k.rows)
		return q
	}
	seen := seenInputs{lengths: g.inputs.lengths(g, front+more)}
	if g.opts.Packed {
		seen.starts = g.inputs.starts(g)
	}
	a := kernel.Attention{Heads: o.Heads, KV: o.KV, Causal: o.Causal}
	if a.Drop = g.nextDrop("attention", o.Dropout); a.Drop.P > 0 {
		seen.step = g.inputs.step(g)
	}
	return g.attend(q, k, v, seen, a)
}

// CrossAttention is softmax attention of every row of q to all rows of k and v, which have
// as many rows for each sequence.
func (g *Graph) CrossAttention(q, k, v *Node, heads, kv int) *Node {
	if !g.heads(q, k, v, heads, kv) {
		return q
	}
	return g.attend(q, k, v, seenInputs{}, kernel.Attention{Heads: heads, KV: kv})
}

func (g *Graph) heads(q, k, v *Node, heads, kv int) bool {
	batch := g.opts.Batch
	switch {
	case heads <= 0 || kv <= 0 || heads%kv != 0 || q.cols%heads != 0 || k.cols != kv*(q.cols/heads) || v.cols != k.cols:
		g.fail("attention: columns %d, %d, %d do not fit %d heads over %d key heads", q.cols, k.cols, v.cols, heads, kv)
	case k.rows != v.rows || k.rows%batch != 0 || q.rows%batch != 0:
		g.fail("attention: %d rows of queries, %d of keys and %d of values do not fit batch %d", q.rows, k.rows, v.rows, batch)
	default:
		return true
	}
	return false
}

// seenInputs are the inputs of kernel.Seen; nil: none.
type seenInputs struct{ lengths, starts, step *input }

func (s seenInputs) buffers() (seen kernel.Seen) {
	for _, of := range []struct {
		to   *kernel.Buffer
		from *input
	}{{&seen.Lengths, s.lengths}, {&seen.Starts, s.starts}, {&seen.Step, s.step}} {
		if of.from != nil {
			*of.to = of.from.buf
		}
	}
	return seen
}

// attend fills the sizes of a in that q, k and v tell.
func (g *Graph) attend(q, k, v *Node, seen seenInputs, a kernel.Attention) *Node {
	a.Batch, a.Seq, a.Keys, a.Dim = g.opts.Batch, q.rows/g.opts.Batch, k.rows/g.opts.Batch, q.cols/a.Heads
	a.Scale = 1 / math.Sqrt(float64(a.Dim))
	g.attends(a, false)
	y, lse, keys := g.node(q.rows, q.cols), g.sums(q.rows, a.Heads), seen.buffers()
	o := &op{name: "attention", reads: []*Node{q, k, v}, out: y, side: []*Node{lse}}
	o.run = func(b kernel.Backend) {
		b.Attention(y.buf(), lse.buf(), q.buf(), k.buf(), v.buf(), keys, a)
	}
	o.back = func(dy *Node) {
		g.attends(a, true)
		dq, dk, dv := g.node(q.rows, q.cols), g.node(k.rows, k.cols), g.node(v.rows, v.cols)
		g.emit(&op{name: "attention.grad", reads: []*Node{dy, y, lse, q, k, v}, out: dq, side: []*Node{dk, dv}, run: func(b kernel.Backend) {
			b.AttentionBack(dq.buf(), dk.buf(), dv.buf(), dy.buf(), y.buf(), lse.buf(), q.buf(), k.buf(), v.buf(), keys, a)
		}})
		dk.from, dv.from = dq.from, dq.from
		g.addGrad(q, dq)
		g.addGrad(k, dk)
		g.addGrad(v, dv)
	}
	return g.emit(o)
}

// attends refuses what the device has no kernel for before anything runs.
func (g *Graph) attends(a kernel.Attention, gradient bool) {
	limited, ok := g.Backend().(kernel.Limited)
	if !ok {
		return
	}
	if err := limited.Attends(a, gradient); err != nil {
		g.fail("op attention: %w", err)
	}
}
