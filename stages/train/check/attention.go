package check

import (
	"fmt"
	"math"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// attended is one comparison of attention.
type attended struct {
	kernel.Attention
	everywhere bool // all keys and queries are in use
	packed     bool // queries see from the first key of their document on
	low        bool // all scores are far below zero
}

func attentions(add func(name, sizes string, c comparison)) {
	for _, a := range append(causal(), others()...) {
		a.Scale = 1 / math.Sqrt(float64(a.Dim))
		add("Attention", a.String(), func(p *pair) []*matrix { return attention(p, a) })
	}
}

// causal is what a language model does.
func causal() (list []attended) {
	for _, a := range []kernel.Attention{
		{Batch: 3, Seq: 1, Heads: 2, KV: 1, Dim: 6},
		{Batch: 3, Seq: 37, Heads: 4, KV: 2, Dim: 16},
		{Batch: 2, Seq: 70, Heads: 2, KV: 2, Dim: 40},
		{Batch: 2, Seq: 130, Heads: 3, KV: 1, Dim: 64},
		{Batch: 2, Seq: 128, Heads: 2, KV: 2, Dim: 128},
		{Batch: 1, Seq: 33, Heads: 2, KV: 1, Dim: 200},
	} {
		a.Keys, a.Causal = a.Seq, true
		list = append(list, attended{Attention: a})
	}
	return list
}

// others are those of BERT, of packed documents, of keys in front and of adaption prompts,
// with and without dropout.
func others() (list []attended) {
	for _, a := range []attended{
		{Attention: kernel.Attention{Batch: 3, Seq: 1, Keys: 4, Heads: 2, KV: 2, Dim: 5}},
		{Attention: kernel.Attention{Batch: 3, Seq: 75, Keys: 75, Heads: 2, KV: 2, Dim: 24}},
		{Attention: kernel.Attention{Batch: 2, Seq: 66, Keys: 66, Heads: 4, KV: 2, Dim: 64}, everywhere: true},
		{Attention: kernel.Attention{Batch: 2, Seq: 150, Keys: 150, Heads: 3, KV: 1, Dim: 64, Causal: true}, packed: true},
		{Attention: kernel.Attention{Batch: 2, Seq: 70, Keys: 70, Heads: 1, KV: 1, Dim: 33}, packed: true},
		{Attention: kernel.Attention{Batch: 3, Seq: 37, Keys: 40, Heads: 4, KV: 2, Dim: 16, Causal: true}},
		{Attention: kernel.Attention{Batch: 2, Seq: 65, Keys: 165, Heads: 2, KV: 1, Dim: 128, Causal: true}},
		{Attention: kernel.Attention{Batch: 3, Seq: 40, Keys: 61, Heads: 2, KV: 2, Dim: 40}},
		{Attention: kernel.Attention{Batch: 2, Seq: 34, Keys: 67, Heads: 2, KV: 2, Dim: 40, Causal: true}, packed: true},
		{Attention: kernel.Attention{Batch: 2, Seq: 70, Keys: 10, Heads: 2, KV: 1, Dim: 64}, everywhere: true},
		{Attention: kernel.Attention{Batch: 1, Seq: 3, Keys: 71, Heads: 2, KV: 2, Dim: 160}, everywhere: true},
	} {
		dropped := a
		dropped.Drop = kernel.Drop{P: 0.25, Seed: 1<<40 + 3, Stream: 9}
		list = append(list, a, dropped)
	}
	return append(list, attended{Attention: kernel.Attention{Batch: 1, Seq: 100, Keys: 100, Heads: 1, KV: 1, Dim: 256, Causal: true}, packed: true, low: true})
}

func (a attended) String() string {
	return fmt.Sprintf("%+v, everywhere %v, packed %v, low %v", a.Attention, a.everywhere, a.packed, a.low)
}

// seen are the keys that a is over: sequences of full, some and no length, and documents
// of 23 tokens.
func (a attended) seen(p *pair) func(s side) kernel.Seen {
	var lengths, starts, step *matrix
	if !a.everywhere {
		counts := make([]int32, a.Batch)
		for i := range counts {
			counts[i] = int32([]int{a.Keys, a.Keys - a.Seq/2, 0}[i%3])
		}
		lengths = p.ints(counts...)
	}
	if a.packed {
		places := make([]int32, a.Batch*a.Seq)
		for i := range places {
			places[i] = int32(i % a.Seq / 23 * 23)
		}
		starts = p.ints(places...)
	}
	if a.Drop.P > 0 {
		step = p.ints(-5, 7)
	}
	return func(s side) kernel.Seen {
		return kernel.Seen{Lengths: s.of(lengths), Starts: s.of(starts), Step: s.of(step)}
	}
}

// attention compares the way forward and back.
func attention(p *pair, a attended) []*matrix {
	rows := a.Batch * a.Heads * a.Seq
	wide, narrow := rows*a.Dim, a.Batch*a.Keys*a.KV*a.Dim
	apart := 0.0
	if a.low {
		apart = 2.5
	}
	q := p.values(wide, func() float64 { return p.random.NormFloat64() - apart })
	k := p.values(narrow, func() float64 { return p.random.NormFloat64() + apart })
	v, dy := p.normals(narrow), p.normals(wide)
	y, lse := p.nowhere(wide), p.sums(rows, math.NaN)
	dq, dk, dv := p.nowhere(wide), p.nowhere(narrow), p.nowhere(narrow)
	seen := a.seen(p)
	p.both(func(s side) {
		s.Attention(s.of(y), s.of(lse), s.of(q), s.of(k), s.of(v), seen(s), a.Attention)
		s.AttentionBack(s.of(dq), s.of(dk), s.of(dv), s.of(dy), s.of(y), s.of(lse), s.of(q), s.of(k), s.of(v), seen(s), a.Attention)
	})
	return []*matrix{y, lse, dq, dk, dv}
}
