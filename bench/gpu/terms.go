package main

import (
	"errors"
	"math"

	"github.com/clinflow/clinflow/stages/train/check"
	"github.com/clinflow/clinflow/stages/train/kernel"
)

// terms are where the time of a step goes, in ms: what its kernels take when they are
// played alone, and what the step takes beside them.
type terms struct {
	Frozen    float64 `json:"frozen_products_ms"` // with the head
	LoRA      float64 `json:"lora_products_ms"`
	Attention float64 `json:"attention_ms"`
	Update    float64 `json:"optimizer_ms"` // with the clearing of the gradients
	Rest      float64 `json:"rest_ms"`      // norms, rotations, SwiGLU, sums, the loss, the host
	State     *state  `json:"card"`
}

// work has the memory of the parts of a step that are played alone. Weights have each
// their own place: read again from one they would come from the cache.
type work struct {
	backend  kernel.Backend
	shape    check.Shape
	rows     int
	list     []matrix // the weights of all layers, then the head
	x, y     kernel.Buffer
	weights  kernel.Buffer
	pair     kernel.Buffer // A or B of an adapter
	between  kernel.Buffer // [rows, rank]
	gradient kernel.Buffer // of A or B
	lse      kernel.Buffer
	lengths  kernel.Buffer
	free     func()
}

func newWork(b kernel.Backend, s check.Shape) (*work, error) {
	w := &work{backend: b, shape: s, rows: s.Batch * s.Seq}
	for range s.Layers {
		w.list = append(w.list, layer(s)...)
	}
	w.list = append(w.list, matrix{s.Vocabulary, s.Hidden})
	wide, widest := max(s.Vocabulary, s.Intermediate, 4*s.Hidden), max(s.Vocabulary, s.Intermediate)
	m, free, err := matrices(b, w.rows*wide, w.rows*wide, elements(w.list), s.Rank*widest, w.rows*s.Rank)
	w.free = free
	if err != nil {
		return w, err
	}
	w.x, w.y, w.weights, w.pair, w.between = m[0], m[1], m[2], m[3], m[4]
	return w, w.sums(s)
}

// sums takes what is of other types than the matrices.
func (w *work) sums(s check.Shape) error {
	lengths := make([]int32, s.Batch)
	for i := range lengths {
		lengths[i] = int32(s.Seq)
	}
	var errs [3]error
	w.gradient, errs[0] = w.backend.Alloc(w.backend.Master(), s.Rank*s.Hidden)
	w.lse, errs[1] = w.backend.Alloc(w.backend.Master(), w.rows*s.Heads)
	w.lengths, errs[2] = w.backend.Alloc(kernel.I32, s.Batch)
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	return w.backend.Upload(w.lengths, kernel.I32s(lengths))
}

func (w *work) close() {
	w.free()
	for _, b := range []kernel.Buffer{w.gradient, w.lse, w.lengths} {
		if b != nil {
			w.backend.Free(b)
		}
	}
}

// frozen are the products with frozen weights: x·wᵀ on the way forward, dy·w back.
func (w *work) frozen() {
	at := 0
	for _, m := range w.list {
		w.backend.MatMul(w.y, w.x, w.weights.Slice(at, at+m.out*m.in), kernel.MatMul{M: w.rows, N: m.out, K: m.in, TransB: true, Alpha: 1})
		at += m.out * m.in
	}
	for i := len(w.list) - 1; i >= len(below(w.shape)); i-- {
		m := w.list[i]
		at -= m.out * m.in
		w.backend.MatMul(w.y, w.x, w.weights.Slice(at, at+m.out*m.in), kernel.MatMul{M: w.rows, N: m.in, K: m.out, Alpha: 1})
	}
}

// lora are the products of the adapters, as graph.LoRA makes them.
func (w *work) lora() {
	b, rows, r := w.backend, w.rows, w.shape.Rank
	for i := range w.shape.Layers {
		for _, m := range adapted(w.shape) {
			b.MatMul(w.between, w.x, w.pair, kernel.MatMul{M: rows, N: r, K: m.in, TransB: true, Alpha: 1})
			b.MatMul(w.y, w.between, w.pair, kernel.MatMul{M: rows, N: m.out, K: r, TransB: true, Alpha: 1, Acc: true})
			b.MatMul(w.gradient, w.x, w.between, kernel.MatMul{M: m.out, N: r, K: rows, TransA: true, Alpha: 1, Acc: true})
			b.MatMul(w.between, w.x, w.pair, kernel.MatMul{M: rows, N: r, K: m.out, Alpha: 1})
			b.MatMul(w.gradient, w.between, w.x, kernel.MatMul{M: r, N: m.in, K: rows, TransA: true, Alpha: 1, Acc: true})
			if i > 0 {
				b.MatMul(w.y, w.between, w.pair, kernel.MatMul{M: rows, N: m.in, K: r, Alpha: 1, Acc: true})
			}
		}
	}
}

// attention is both ways through every layer.
func (w *work) attention() {
	s, wide := w.shape, w.rows*w.shape.Hidden
	a := kernel.Attention{Batch: s.Batch, Seq: s.Seq, Keys: s.Seq, Causal: true, Heads: s.Heads, KV: s.KVHeads, Dim: s.Hidden / s.Heads, Scale: math.Sqrt(float64(s.Heads) / float64(s.Hidden))}
	part := func(b kernel.Buffer, i int) kernel.Buffer { return b.Slice(i*wide, (i+1)*wide) }
	q, k, v, dy := part(w.x, 0), part(w.x, 1), part(w.x, 2), part(w.x, 3)
	y, dq, dk, dv := part(w.y, 0), part(w.y, 1), part(w.y, 2), part(w.y, 3)
	for range s.Layers {
		w.backend.Attention(y, w.lse, q, k, v, kernel.Seen{Lengths: w.lengths}, a)
		w.backend.AttentionBack(dq, dk, dv, dy, y, w.lse, q, k, v, kernel.Seen{Lengths: w.lengths}, a)
	}
}
