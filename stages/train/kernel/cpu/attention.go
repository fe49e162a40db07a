package cpu

import (
	"math"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// blockQ is how many queries are scored at once: their scores [blockQ, seq] stay
// in the second-level cache.
const blockQ = 64

// head is one key head of one sequence and what attention needs of it.
type head[T number] struct {
	d         *device[T]
	a         kernel.Attention
	n         int // real tokens
	at        int // the sequence's first token
	kv        int // the key head
	q, k, v   []T
	y, lse    []T
	dq, dk    []T
	dv, dy    []T
	w         *worker[T]
	qld, kvld int
}

// heads calls f for each key head; those of one sequence and different ones
// write to different places.
func (d *device[T]) heads(lengths kernel.Buffer, a kernel.Attention, common head[T], f func(h head[T])) {
	ls := intsOf(lengths)
	d.parallel(a.Batch*a.KV, 1, func(w *worker[T], lo, hi int) {
		w.scores, w.grads = grown(w.scores, blockQ*a.Seq), grown(w.grads, blockQ*a.Seq)
		for i := lo; i < hi; i++ {
			h, b := common, i/a.KV
			h.d, h.a, h.w, h.kv, h.n, h.at = d, a, w, i%a.KV, int(ls[b]), b*a.Seq
			h.qld, h.kvld = a.Heads*a.Dim, a.KV*a.Dim
			f(h)
		}
	})
}

// Attention is causal attention over the first lengths[b] tokens.
func (d *device[T]) Attention(y, lse, q, k, v, lengths kernel.Buffer, a kernel.Attention) {
	common := head[T]{q: d.of(q), k: d.of(k), v: d.of(v), y: d.of(y), lse: d.of(lse)}
	d.Fill(y, 0)
	d.Fill(lse, 0)
	d.heads(lengths, a, common, func(h head[T]) {
		h.eachQuery(func(query, i0, i1 int) { h.forward(query, i0, i1) })
	})
}

// eachQuery visits the query heads of the key head, a block of queries at a time.
func (h *head[T]) eachQuery(f func(query, i0, i1 int)) {
	group := h.a.Heads / h.a.KV
	for query := h.kv * group; query < (h.kv+1)*group; query++ {
		for i := 0; i < h.n; i += blockQ {
			f(query, i, min(i+blockQ, h.n))
		}
	}
}

// rowsOf is tokens [i0, i1) of one head of x.
func (h *head[T]) rowsOf(x []T, ld, head, i0 int) []T { return x[(h.at+i0)*ld+head*h.a.Dim:] }

// score computes queries [i0, i1) times keys [0, i1).
func (h *head[T]) score(query, i0, i1 int) {
	q, k := h.rowsOf(h.q, h.qld, query, i0), h.rowsOf(h.k, h.kvld, h.kv, 0)
	h.d.small(h.w, h.w.scores, i1, newView(q, h.qld, false), newView(k, h.kvld, true), i1-i0, i1, h.a.Dim, T(h.a.Scale), false)
}

func (h *head[T]) forward(query, i0, i1 int) {
	h.score(query, i0, i1)
	for i := i0; i < i1; i++ {
		row := h.w.scores[(i-i0)*i1 : (i-i0+1)*i1]
		seen := future(row, i+1)
		top := h.d.largest(row[:i+1])
		sum := h.d.exp(seen, seen, top)
		h.d.scale(seen, seen, 1/sum)
		clear(row[i+1:])
		*h.logsum(query, i) = top + T(math.Log(float64(sum)))
	}
	v, y := h.rowsOf(h.v, h.kvld, h.kv, 0), h.rowsOf(h.y, h.qld, query, i0)
	h.d.small(h.w, y, h.qld, newView(h.w.scores, i1, false), newView(v, h.kvld, false), i1-i0, h.a.Dim, i1, 1, false)
}

// future returns the first n scores and, up to whole vectors, some that a query
// may not see, as minus infinity: their exponential is nothing beside the sum.
func future[T number](row []T, n int) []T {
	seen := row[:min(len(row), (n+15)/16*16)]
	for j := n; j < len(seen); j++ {
		seen[j] = T(math.Inf(-1))
	}
	return seen
}

func (h *head[T]) logsum(query, i int) *T {
	return &h.lse[(h.at*h.a.Heads)+query*h.a.Seq+i]
}

// AttentionBack is the gradient of Attention, with the probabilities computed
// again from lse (Dao et al. 2022, arXiv:2205.14135, appendix B.2).
func (d *device[T]) AttentionBack(dq, dk, dv, dy, y, lse, q, k, v, lengths kernel.Buffer, a kernel.Attention) {
	common := head[T]{q: d.of(q), k: d.of(k), v: d.of(v), y: d.of(y), lse: d.of(lse),
		dq: d.of(dq), dk: d.of(dk), dv: d.of(dv), dy: d.of(dy)}
	for _, b := range []kernel.Buffer{dq, dk, dv} {
		d.Fill(b, 0)
	}
	d.heads(lengths, a, common, func(h head[T]) {
		h.eachQuery(func(query, i0, i1 int) { h.backward(query, i0, i1) })
	})
}

func (h *head[T]) backward(query, i0, i1 int) {
	d, w, n, dim := h.d, h.w, i1-i0, h.a.Dim
	h.score(query, i0, i1)
	dy, v := h.rowsOf(h.dy, h.qld, query, i0), h.rowsOf(h.v, h.kvld, h.kv, 0)
	d.small(w, w.grads, i1, newView(dy, h.qld, false), newView(v, h.kvld, true), n, i1, dim, 1, false)
	for i := i0; i < i1; i++ {
		h.scoreGrad(query, i, w.scores[(i-i0)*i1:(i-i0+1)*i1], w.grads[(i-i0)*i1:(i-i0+1)*i1])
	}
	q, k := h.rowsOf(h.q, h.qld, query, i0), h.rowsOf(h.k, h.kvld, h.kv, 0)
	d.small(w, h.rowsOf(h.dv, h.kvld, h.kv, 0), h.kvld, newView(w.scores, i1, true), newView(dy, h.qld, false), i1, dim, n, 1, true)
	d.small(w, h.rowsOf(h.dq, h.qld, query, i0), h.qld, newView(w.grads, i1, false), newView(k, h.kvld, false), n, dim, i1, T(h.a.Scale), false)
	d.small(w, h.rowsOf(h.dk, h.kvld, h.kv, 0), h.kvld, newView(w.grads, i1, true), newView(q, h.qld, false), i1, dim, n, T(h.a.Scale), true)
}

// scoreGrad turns the scores of query i into probabilities p and the gradient g
// of p into that of the scores: p·(g - Σ dy·y).
func (h *head[T]) scoreGrad(query, i int, p, g []T) {
	y, dy := h.rowsOf(h.y, h.qld, query, i)[:h.a.Dim], h.rowsOf(h.dy, h.qld, query, i)[:h.a.Dim]
	seen := future(p, i+1)
	h.d.exp(seen, seen, *h.logsum(query, i))
	h.d.probabilityBack(g[:len(seen)], seen, h.d.dot(y, dy))
	clear(p[i+1:])
	clear(g[i+1:])
}
