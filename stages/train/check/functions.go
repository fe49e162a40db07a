package check

import (
	"fmt"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// gates compares what multiplies a whole matrix by one number, and the number's gradient.
func gates(add func(name, sizes string, c comparison)) {
	for _, n := range []int{1, 7, 64, 4099} {
		for _, acc := range []bool{false, true} {
			add("Scale", fmt.Sprintf("%d, add %v", n, acc), func(p *pair) []*matrix {
				y, x, factor := p.nowhere(n), p.normals(n), p.normals(1)
				if acc {
					y = p.normals(n)
				}
				p.both(func(s side) { s.Scale(s.of(y), s.of(x), s.of(factor), acc) })
				return []*matrix{y}
			})
		}
		add("Dot", fmt.Sprint(n), func(p *pair) []*matrix {
			apart := func() float64 { return p.random.NormFloat64() + 1 } // the sum is not next to nothing
			sum, a, b := p.sums(1, p.random.NormFloat64), p.values(n, apart), p.values(n, apart)
			p.both(func(s side) { s.Dot(s.of(sum), s.of(a), s.of(b)) })
			return []*matrix{sum}
		})
	}
}

func activations(add func(name, sizes string, c comparison)) {
	for _, n := range []int{5, 64, 4099} {
		for _, f := range []kernel.Function{kernel.GELU, kernel.GELUTanh, kernel.Tanh, kernel.ReLU} {
			sizes := fmt.Sprintf("%d, function %d", n, f)
			add("Activate", sizes, func(p *pair) []*matrix {
				y, x := p.nowhere(n), p.values(n, p.spread)
				p.both(func(s side) { s.Activate(s.of(y), s.of(x), f) })
				return []*matrix{y}
			})
			add("ActivateBack", sizes, func(p *pair) []*matrix {
				dx, dy, x := p.nowhere(n), p.normals(n), p.values(n, p.spread)
				p.both(func(s side) {
					s.ActivateBack(s.of(dx), s.of(dy), s.of(x), f)
					s.ActivateBack(s.of(dy), s.of(dy), s.of(x), f) // in place
				})
				return []*matrix{dx, dy}
			})
		}
	}
}

// spread draws from where the functions bend to where they are straight.
func (p *pair) spread() float64 { return 3 * p.random.NormFloat64() }

func recurrences(add func(name, sizes string, c comparison)) {
	for _, n := range []int{1, 7, 300} {
		for _, first := range []bool{false, true} {
			add("LSTMCell", fmt.Sprintf("%d, first %v", n, first), func(p *pair) []*matrix { return cell(p, n, first) })
		}
	}
}

// cell compares one step of a recurrence, forward and back.
func cell(p *pair, n int, first bool) []*matrix {
	h, c, gates, before := p.nowhere(n), p.nowhere(n), p.normals(4*n), p.normals(n)
	dgates, dc, dh := p.nowhere(4*n), p.normals(n), p.normals(n)
	if first {
		before = nil
	}
	p.both(func(s side) {
		s.LSTMCell(s.of(h), s.of(c), s.of(gates), s.of(before))
		s.LSTMCellBack(s.of(dgates), s.of(dc), s.of(dh), s.of(gates), s.of(c), s.of(before))
	})
	return []*matrix{h, c, gates, dgates, dc}
}
