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
	b         int // the sequence
	n, keys   int // queries and keys in use
	kv        int // the key head
	starts    []int32
	drop      dropState
	q, k, v   []T
	y, lse    []T
	dq, dk    []T
	dv, dy    []T
	w         *worker[T]
	qld, kvld int
}

// front is how many keys stand before the others.
func (h *head[T]) front() int { return h.a.Keys - h.a.Seq }

// heads calls f for each key head; those of one sequence and different ones
// write to different places.
func (d *device[T]) heads(seen kernel.Seen, a kernel.Attention, common head[T], f func(h head[T])) {
	common.d, common.a, common.qld, common.kvld = d, a, a.Heads*a.Dim, a.KV*a.Dim
	if seen.Starts != nil {
		common.starts = intsOf(seen.Starts)
	}
	if a.Drop.P > 0 {
		common.drop = newDropState(a.Drop, intsOf(seen.Step))
	}
	d.parallel(a.Batch*a.KV, 1, func(w *worker[T], lo, hi int) {
		w.scores, w.grads, w.kept = grown(w.scores, blockQ*a.Keys), grown(w.grads, blockQ*a.Keys), grown(w.kept, blockQ*a.Keys)
		for i := lo; i < hi; i++ {
			h := common
			h.b, h.w, h.kv, h.n, h.keys = i/a.KV, w, i%a.KV, a.Seq, a.Keys
			if seen.Lengths != nil {
				h.keys = int(intsOf(seen.Lengths)[h.b])
				h.n = max(h.keys-h.front(), 0)
			}
			f(h)
		}
	})
}

// Attention computes a block of queries at a time.
func (d *device[T]) Attention(y, lse, q, k, v kernel.Buffer, seen kernel.Seen, a kernel.Attention) {
	common := head[T]{q: d.of(q), k: d.of(k), v: d.of(v), y: d.of(y), lse: d.of(lse)}
	d.Fill(y, 0)
	d.Fill(lse, 0)
	d.heads(seen, a, common, func(h head[T]) { h.eachQuery(h.forward) })
}

// eachQuery visits the query heads of the key head, a block of queries at a time, with
// how many keys the last of them sees.
func (h *head[T]) eachQuery(f func(query, i0, i1, keys int)) {
	group := h.a.Heads / h.a.KV
	for query := h.kv * group; query < (h.kv+1)*group; query++ {
		for i := 0; i < h.n; i += blockQ {
			end := min(i+blockQ, h.n)
			keys := h.keys
			if h.a.Causal {
				keys = end + h.front()
			}
			f(query, i, end, keys)
		}
	}
}

// queries and keyRows are the rows from i on of one head of x.
func (h *head[T]) queries(x []T, head, i int) []T {
	return x[(h.b*h.a.Seq+i)*h.qld+head*h.a.Dim:]
}

func (h *head[T]) keyRows(x []T) []T { return x[h.b*h.a.Keys*h.kvld+h.kv*h.a.Dim:] }

// score computes queries [i0, i1) times the first keys.
func (h *head[T]) score(query, i0, i1, keys int) {
	q, k := h.queries(h.q, query, i0), h.keyRows(h.k)
	h.d.small(h.w, h.w.scores, keys, newView(q, h.qld, false), newView(k, h.kvld, true), i1-i0, keys, h.a.Dim, T(h.a.Scale), false)
}

func (h *head[T]) forward(query, i0, i1, keys int) {
	h.score(query, i0, i1, keys)
	for i := i0; i < i1; i++ {
		row := h.w.scores[(i-i0)*keys : (i-i0+1)*keys]
		seen := h.hide(row, i)
		top := h.d.largest(seen)
		sum := h.d.exp(seen, seen, top)
		h.d.scale(seen, seen, 1/sum)
		clear(row[len(seen):])
		h.dropped(seen, seen, query, i)
		*h.logsum(query, i) = top + T(math.Log(float64(sum)))
	}
	v, y := h.keyRows(h.v), h.queries(h.y, query, i0)
	h.d.small(h.w, y, h.qld, newView(h.w.scores, keys, false), newView(v, h.kvld, false), i1-i0, h.a.Dim, keys, 1, false)
}

// hide returns the scores of query i that end with the last key that it sees, rounded up
// to whole vectors. Those of keys that it may not see are minus infinity: their exponential
// is nothing beside the sum.
func (h *head[T]) hide(row []T, i int) []T {
	n := len(row)
	if h.a.Causal {
		n = i + 1 + h.front()
	}
	seen := row[:min(len(row), (n+15)/16*16)]
	for j := n; j < len(seen); j++ {
		seen[j] = T(math.Inf(-1))
	}
	if h.starts != nil {
		for j := range seen[h.front() : h.front()+int(h.starts[h.b*h.a.Seq+i])] {
			seen[h.front()+j] = T(math.Inf(-1))
		}
	}
	return seen
}

// dropped is y = p ⊙ mask / (1-P), of the probabilities of query i.
func (h *head[T]) dropped(y, p []T, query, i int) {
	if h.a.Drop.P == 0 {
		return
	}
	place := (h.b*h.a.Heads+query)*h.a.Seq + i
	s := h.drop
	s[dropCounter] = uint32(place * ((h.a.Keys + dropLength - 1) / dropLength) * 16)
	h.d.drop(y, p, s, false)
}

func (h *head[T]) logsum(query, i int) *T {
	return &h.lse[(h.b*h.a.Heads+query)*h.a.Seq+i]
}

// AttentionBack is the gradient of Attention, with the probabilities computed
// again from lse (Dao et al. 2022, arXiv:2205.14135, appendix B.2).
func (d *device[T]) AttentionBack(dq, dk, dv, dy, y, lse, q, k, v kernel.Buffer, seen kernel.Seen, a kernel.Attention) {
	common := head[T]{q: d.of(q), k: d.of(k), v: d.of(v), y: d.of(y), lse: d.of(lse),
		dq: d.of(dq), dk: d.of(dk), dv: d.of(dv), dy: d.of(dy)}
	for _, b := range []kernel.Buffer{dq, dk, dv} {
		d.Fill(b, 0)
	}
	d.heads(seen, a, common, func(h head[T]) { h.eachQuery(h.backward) })
}

func (h *head[T]) backward(query, i0, i1, keys int) {
	d, w, n, dim := h.d, h.w, i1-i0, h.a.Dim
	h.score(query, i0, i1, keys)
	dy, v := h.queries(h.dy, query, i0), h.keyRows(h.v)
	d.small(w, w.grads, keys, newView(dy, h.qld, false), newView(v, h.kvld, true), n, keys, dim, 1, false)
	for i := i0; i < i1; i++ {
		from, to := (i-i0)*keys, (i-i0+1)*keys
		h.scoreGrad(query, i, w.scores[from:to], w.grads[from:to], w.kept[from:to])
	}
	kept := w.scores
	if h.a.Drop.P > 0 {
		kept = w.kept
	}
	q, k := h.queries(h.q, query, i0), h.keyRows(h.k)
	d.small(w, h.keyRows(h.dv), h.kvld, newView(kept, keys, true), newView(dy, h.qld, false), keys, dim, n, 1, true)
	d.small(w, h.queries(h.dq, query, i0), h.qld, newView(w.grads, keys, false), newView(k, h.kvld, false), n, dim, keys, T(h.a.Scale), false)
	d.small(w, h.keyRows(h.dk), h.kvld, newView(w.grads, keys, true), newView(q, h.qld, false), keys, dim, n, T(h.a.Scale), true)
}

// scoreGrad turns the scores of query i into probabilities p and the gradient g
// of what is left of them into that of the scores: p·(g - Σ dy·y). kept is what
// dropout leaves of p.
func (h *head[T]) scoreGrad(query, i int, p, g, kept []T) {
	y, dy := h.queries(h.y, query, i)[:h.a.Dim], h.queries(h.dy, query, i)[:h.a.Dim]
	seen := h.hide(p, i)
	n := len(seen)
	h.d.exp(seen, seen, *h.logsum(query, i))
	h.dropped(g[:n], g[:n], query, i)
	h.dropped(kept[:n], seen, query, i)
	h.d.probabilityBack(g[:n], seen, h.d.dot(y, dy))
	clear(p[n:])
	clear(g[n:])
	clear(kept[n:])
}
