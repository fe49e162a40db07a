package check

import (
	"fmt"
	"math"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

func losses(add func(name, sizes string, c comparison)) {
	for _, l := range []kernel.Loss{{Rows: 1, Cols: 2}, {Rows: 6, Cols: 7}, {Rows: 5, Cols: 1304}, {Rows: 4, Cols: 5003}} {
		for _, grad := range []bool{false, true} {
			l.Grad = grad
			sizes := fmt.Sprintf("%+v", l)
			add("SoftmaxLoss", sizes, func(p *pair) []*matrix { return softmax(p, l) })
			add("SigmoidLoss", sizes, func(p *pair) []*matrix { return sigmoid(p, l) })
		}
	}
}

// weights has a row of zero weight where there are some rows.
func (p *pair) weights(rows int) *matrix {
	row := 0
	return p.sums(rows, func() float64 {
		row++
		if row == 3 {
			return 0
		}
		return p.random.Float64() + 0.5
	})
}

func softmax(p *pair, l kernel.Loss) []*matrix {
	labels := make([]int32, l.Rows)
	for i := range labels {
		labels[i] = p.random.Int32N(int32(l.Cols))
	}
	loss, at := p.sums(l.Rows, math.NaN), p.ints(labels...)
	logits, weights, scale := p.normals(l.Rows*l.Cols), p.weights(l.Rows), p.sums(1, func() float64 { return 0.25 })
	p.both(func(s side) { s.SoftmaxLoss(s.of(loss), s.of(logits), s.of(at), s.of(weights), s.of(scale), l) })
	return []*matrix{loss, logits}
}

func sigmoid(p *pair, l kernel.Loss) []*matrix {
	loss, logits := p.sums(l.Rows, math.NaN), p.normals(l.Rows*l.Cols)
	targets := p.sums(l.Rows*l.Cols, func() float64 { return float64(p.random.IntN(2)) })
	weights, scale := p.weights(l.Rows), p.sums(1, func() float64 { return 0.25 })
	p.both(func(s side) {
		s.SigmoidLoss(s.of(loss), s.of(logits), s.of(targets), s.of(weights), s.of(scale), l)
	})
	return []*matrix{loss, logits}
}

func optimizers(add func(name, sizes string, c comparison)) {
	for _, n := range []int{1, 333, 5000} {
		add("ClipFactor", fmt.Sprint(n), func(p *pair) []*matrix {
			g, h, factor := p.sums(n, p.random.NormFloat64), p.sums(3, p.random.NormFloat64), p.sums(1, math.NaN)
			p.both(func(s side) { s.ClipFactor(s.of(factor), []kernel.Buffer{s.of(g), s.of(h)}, 0.75) })
			return []*matrix{factor}
		})
		for _, clipped := range []bool{false, true} {
			add("AdamW", fmt.Sprintf("%d, factor %v", n, clipped), func(p *pair) []*matrix { return adamw(p, n, clipped) })
		}
	}
}

// adamw takes two steps from the same values; the masters are compared, and what they
// are rounded to.
func adamw(p *pair, n int, clipped bool) []*matrix {
	start := filled(n, p.random.NormFloat64)
	value, master := p.alloc(n, kernel.Backend.Float, kernel.F64s(start)), p.alloc(n, kernel.Backend.Master, kernel.F64s(start))
	g, m, v := p.sums(n, p.random.NormFloat64), p.sums(n, p.random.NormFloat64), p.sums(n, p.random.Float64)
	var factor *matrix
	if clipped {
		factor = p.sums(1, func() float64 { return 0.5 })
	}
	a := kernel.Adam{LR: 1e-2, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: 0.1}
	p.both(func(s side) {
		full := s.of(master)
		for a.Step = 1; a.Step <= 2; a.Step++ {
			if s.Master() == s.Float() { // value is the master
				s.AdamW(full, nil, s.of(g), s.of(m), s.of(v), s.of(factor), a)
				s.Copy(s.of(value), full)
			} else {
				s.AdamW(s.of(value), full, s.of(g), s.of(m), s.of(v), s.of(factor), a)
			}
		}
	})
	return []*matrix{value, master, m, v}
}
