package main

import "github.com/clinflow/clinflow/stages/train/check"

// matrix is a weight [out, in].
type matrix struct{ out, in int }

// layer lists a decoder layer's weights: q, k, v, o, gate, up and down.
func layer(s check.Shape) []matrix {
	h, kv, i := s.Hidden, s.KVHeads*s.Hidden/s.Heads, s.Intermediate
	return []matrix{{h, h}, {kv, h}, {kv, h}, {h, h}, {i, h}, {i, h}, {h, i}}
}

// adapted are the weights of a layer that have an adapter: q and v.
func adapted(s check.Shape) []matrix {
	l := layer(s)
	return []matrix{l[0], l[2]}
}

// below are a layer's weights under which, in the first layer, nothing is trained: the
// gradient of their input is not computed.
func below(s check.Shape) []matrix { return layer(s)[:3] }

func elements(list []matrix) (n int) {
	for _, m := range list {
		n += m.out * m.in
	}
	return n
}

// sides are all rows and all columns.
func sides(list []matrix) (out, in int) {
	for _, m := range list {
		out, in = out+m.out, in+m.in
	}
	return out, in
}

// flop is the arithmetic that a step cannot do without, two for each multiplication
// and its sum. With T tokens, L layers and W elements in a layer's weights:
//
//   - frozen weights, forward and the gradient of the input: 2T·2·L·W, less 2T times
//     the elements of below(s);
//   - the head over the tokens that have a next one, both ways; or that of the classes
//     over one token a row, with the gradient of its weights;
//   - LoRA of rank r on weights [out, in]: x·Aᵀ and ·Bᵀ forward, and on the way back the
//     gradients of B, of their product's input, of A and of x: 3·2T·r·(out+in) a weight,
//     less the gradient of x in the first layer;
//   - a frozen LoRA below it has the gradients of its products' inputs alone, and none
//     in the first layer: 2·2T·r·(out+in) a weight there is a gradient for;
//   - causal attention, of which half the scores are masked: two products forward and
//     four back of 2T·seq/2·hidden each.
//
// What a kernel computes a second time (scores on the way back, a layer under gradient
// checkpointing) does not count, nor do norms, rotations and the optimizer.
func flop(l workload) float64 {
	s := l.Shape
	out, in := sides(adapted(s))
	frozen := 2*s.Layers*elements(layer(s)) - elements(below(s))
	pairs := s.Rank * (3*s.Layers*(out+in) - in)
	switch l.Clinical {
	case trained:
		pairs *= 2
	case still:
		pairs += s.Rank * (2*s.Layers - 1) * (out + in)
	}
	attention := 6 * s.Layers * s.Seq / 2 * s.Hidden
	head := 2 * s.Batch * (s.Seq - 1) * s.Hidden * s.Vocabulary
	if s.Labels > 0 {
		head = 3 * s.Batch * s.Hidden * s.Labels
	}
	return 2 * float64(s.Batch*s.Seq*(frozen+pairs+attention)+head)
}
