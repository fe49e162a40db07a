package check

import (
	"fmt"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

func elementwise(add func(name, sizes string, c comparison)) {
	for _, n := range []int{5, 7, 64, 1000, 4099} {
		sizes := fmt.Sprint(n)
		add("Fill", sizes, func(p *pair) []*matrix {
			y, master := p.nowhere(n), p.sums(n, p.random.NormFloat64)
			p.both(func(s side) { s.Fill(s.of(y), -1.5); s.Fill(s.of(master), 0.3125) })
			return []*matrix{y, master}
		})
		add("Copy", sizes, func(p *pair) []*matrix {
			y, x := p.nowhere(n), p.normals(n)
			p.both(func(s side) { s.Copy(s.of(y), s.of(x)) })
			return []*matrix{y}
		})
		add("Add", sizes, func(p *pair) []*matrix {
			y, a, b := p.nowhere(n), p.normals(n), p.normals(n)
			p.both(func(s side) { s.Add(s.of(y), s.of(a), s.of(b)); s.Add(s.of(a), s.of(a), s.of(b)) })
			return []*matrix{y, a}
		})
		add("SwiGLU", sizes, func(p *pair) []*matrix {
			y, gate, up := p.nowhere(n), p.normals(n), p.normals(n)
			p.both(func(s side) { s.SwiGLU(s.of(y), s.of(gate), s.of(up)) })
			return []*matrix{y}
		})
		add("SwiGLUBack", sizes, func(p *pair) []*matrix {
			dgate, dup, dy, gate, up := p.nowhere(n), p.nowhere(n), p.normals(n), p.normals(n), p.normals(n)
			p.both(func(s side) { s.SwiGLUBack(s.of(dgate), s.of(dup), s.of(dy), s.of(gate), s.of(up)) })
			return []*matrix{dgate, dup}
		})
		for _, acc := range []bool{false, true} {
			add("Dropout", fmt.Sprintf("%d, add %v", n, acc), func(p *pair) []*matrix { return dropout(p, n, acc) })
		}
	}
	for _, size := range []struct{ rows, cols int }{{1, 5}, {9, 33}, {70, 128}} {
		add("AddBias, SumRows", fmt.Sprintf("%d × %d", size.rows, size.cols), func(p *pair) []*matrix {
			y, bias, sum := p.normals(size.rows*size.cols), p.normals(size.cols), p.sums(size.cols, p.random.NormFloat64)
			p.both(func(s side) {
				s.AddBias(s.of(y), s.of(bias), size.rows)
				s.SumRows(s.of(sum), s.of(y), size.rows)
			})
			return []*matrix{y, sum}
		})
	}
}

func dropout(p *pair, n int, acc bool) []*matrix {
	y, x, step := p.nowhere(n), p.normals(n), p.ints(-5, 7)
	if acc {
		y = p.normals(n)
	}
	p.both(func(s side) {
		s.Dropout(s.of(y), s.of(x), s.of(step), kernel.Drop{P: 0.25, Seed: 1<<40 + 3, Stream: 9}, acc)
	})
	return []*matrix{y}
}
