package check

import (
	"fmt"
	"math"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

func attentions(add func(name, sizes string, c comparison)) {
	for _, a := range []kernel.Attention{
		{Batch: 3, Seq: 1, Heads: 2, KV: 1, Dim: 6},
		{Batch: 3, Seq: 37, Heads: 4, KV: 2, Dim: 16},
		{Batch: 2, Seq: 70, Heads: 2, KV: 2, Dim: 40},
		{Batch: 2, Seq: 130, Heads: 3, KV: 1, Dim: 64},
		{Batch: 2, Seq: 128, Heads: 2, KV: 2, Dim: 128},
		{Batch: 1, Seq: 33, Heads: 2, KV: 1, Dim: 200},
	} {
		a.Keys, a.Causal = a.Seq, true
		a.Scale = 1 / math.Sqrt(float64(a.Dim))
		add("Attention", fmt.Sprintf("%+v", a), func(p *pair) []*matrix { return attention(p, a) })
	}
}

// attention compares the way forward and back, on sequences of full, some and no length.
func attention(p *pair, a kernel.Attention) []*matrix {
	lengths := make([]int32, a.Batch)
	for i := range lengths {
		lengths[i] = int32([]int{a.Seq, (a.Seq + 1) / 2, 0}[i%3])
	}
	n := p.ints(lengths...)
	rows, wide, narrow := a.Batch*a.Seq, a.Batch*a.Seq*a.Heads*a.Dim, a.Batch*a.Seq*a.KV*a.Dim
	q, k, v, dy := p.normals(wide), p.normals(narrow), p.normals(narrow), p.normals(wide)
	y, lse := p.nowhere(wide), p.sums(rows*a.Heads, math.NaN)
	dq, dk, dv := p.nowhere(wide), p.nowhere(narrow), p.nowhere(narrow)
	p.both(func(s side) {
		seen := kernel.Seen{Lengths: s.of(n)}
		s.Attention(s.of(y), s.of(lse), s.of(q), s.of(k), s.of(v), seen, a)
		s.AttentionBack(s.of(dq), s.of(dk), s.of(dv), s.of(dy), s.of(y), s.of(lse), s.of(q), s.of(k), s.of(v), seen, a)
	})
	return []*matrix{y, lse, dq, dk, dv}
}
