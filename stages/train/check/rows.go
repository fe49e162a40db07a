package check

import (
	"fmt"
	"math"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

func products(add func(name, sizes string, c comparison)) {
	for _, m := range []kernel.MatMul{{M: 1, N: 1, K: 1}, {M: 5, N: 7, K: 3}, {M: 33, N: 16, K: 70}, {M: 130, N: 96, K: 64}} {
		for flags := range 8 {
			m := m
			m.TransA, m.TransB, m.Acc, m.Alpha = flags&1 != 0, flags&2 != 0, flags&4 != 0, 1.25
			name := fmt.Sprintf("[%d, %d]·[%d, %d], transposed %v %v, add %v", m.M, m.K, m.K, m.N, m.TransA, m.TransB, m.Acc)
			add("MatMul", name, func(p *pair) []*matrix {
				a, b, c, sum := p.normals(m.M*m.K), p.normals(m.K*m.N), p.normals(m.M*m.N), p.sums(m.M*m.N, p.random.NormFloat64)
				p.both(func(s side) {
					s.MatMul(s.of(c), s.of(a), s.of(b), m)
					s.MatMul(s.of(sum), s.of(a), s.of(b), m) // a weight's gradient
				})
				return []*matrix{c, sum}
			})
		}
	}
}

func lookups(add func(name, sizes string, c comparison)) {
	for _, size := range []struct{ rows, cols, table int }{{1, 3, 2}, {50, 7, 9}, {40, 64, 300}} {
		sizes := fmt.Sprintf("%d of [%d, %d]", size.rows, size.table, size.cols)
		ids := func(p *pair) *matrix {
			v := make([]int32, size.rows)
			for i := range v {
				v[i] = p.random.Int32N(int32(size.table))
			}
			return p.ints(v...)
		}
		add("Gather", sizes, func(p *pair) []*matrix {
			y, table, at := p.nowhere(size.rows*size.cols), p.normals(size.table*size.cols), ids(p)
			p.both(func(s side) { s.Gather(s.of(y), s.of(table), s.of(at), size.rows, size.cols) })
			return []*matrix{y}
		})
		add("ScatterAdd", sizes, func(p *pair) []*matrix {
			n := size.table * size.cols
			dy, at, table, sum := p.normals(size.rows*size.cols), ids(p), p.normals(n), p.sums(n, p.random.NormFloat64)
			p.both(func(s side) {
				s.ScatterAdd(s.of(table), s.of(dy), s.of(at), size.rows, size.cols)
				s.ScatterAdd(s.of(sum), s.of(dy), s.of(at), size.rows, size.cols)
			})
			return []*matrix{table, sum}
		})
	}
}

func norms(add func(name, sizes string, c comparison)) {
	for _, n := range []kernel.Norm{{Rows: 1, Cols: 3, Eps: 1e-6}, {Rows: 5, Cols: 7, Eps: 1e-5}, {Rows: 37, Cols: 96, Eps: 1e-6}, {Rows: 3, Cols: 2056, Eps: 1e-6}} {
		for _, acc := range []bool{false, true} {
			add("RMSNorm", fmt.Sprintf("%d × %d, add %v", n.Rows, n.Cols, acc), func(p *pair) []*matrix { return norm(p, n, acc) })
			add("LayerNorm", fmt.Sprintf("%d × %d, add %v", n.Rows, n.Cols, acc), func(p *pair) []*matrix { return layerNorm(p, n, acc) })
		}
	}
	for _, r := range []kernel.Rope{{Rows: 6, Seq: 3, Heads: 1, Dim: 2}, {Rows: 14, Seq: 7, Heads: 3, Dim: 10}, {Rows: 20, Seq: 10, Heads: 4, Dim: 64}} {
		for _, inverse := range []bool{false, true} {
			r.Inverse = inverse
			add("Rope", fmt.Sprintf("%+v", r), func(p *pair) []*matrix { return rope(p, r) })
		}
	}
}

func norm(p *pair, n kernel.Norm, acc bool) []*matrix {
	size := n.Rows * n.Cols
	y, rstd, x, w := p.nowhere(size), p.sums(n.Rows, math.NaN), p.normals(size), p.normals(n.Cols)
	dx, dw, dy := p.nowhere(size), p.sums(n.Cols, p.random.NormFloat64), p.normals(size)
	if acc {
		dx = p.normals(size)
	}
	p.both(func(s side) {
		s.RMSNorm(s.of(y), s.of(rstd), s.of(x), s.of(w), n)
		s.RMSNormBack(s.of(dx), s.of(dw), s.of(dy), s.of(x), s.of(w), s.of(rstd), n, acc)
		s.RMSNormBack(nil, s.of(dw), s.of(dy), s.of(x), s.of(w), s.of(rstd), n, false)
	})
	return []*matrix{y, rstd, dx, dw}
}

func layerNorm(p *pair, n kernel.Norm, acc bool) []*matrix {
	size := n.Rows * n.Cols
	x := p.values(size, func() float64 { return p.random.NormFloat64() + 2 })
	y, mean, rstd, w, bias := p.nowhere(size), p.sums(n.Rows, math.NaN), p.sums(n.Rows, math.NaN), p.normals(n.Cols), p.normals(n.Cols)
	dx, dy, dw, dbias := p.nowhere(size), p.normals(size), p.sums(n.Cols, p.random.NormFloat64), p.sums(n.Cols, p.random.NormFloat64)
	if acc {
		dx = p.normals(size)
	}
	p.both(func(s side) {
		s.LayerNorm(s.of(y), s.of(mean), s.of(rstd), s.of(x), s.of(w), s.of(bias), n)
		s.LayerNormBack(s.of(dx), s.of(dw), s.of(dbias), s.of(dy), s.of(x), s.of(w), s.of(mean), s.of(rstd), n, acc)
		s.LayerNormBack(nil, s.of(dw), nil, s.of(dy), s.of(x), s.of(w), s.of(mean), s.of(rstd), n, false)
	})
	return []*matrix{y, mean, rstd, dx, dw, dbias}
}

func rope(p *pair, r kernel.Rope) []*matrix {
	y, x := p.nowhere(r.Rows*r.Heads*r.Dim), p.normals(r.Rows*r.Heads*r.Dim)
	angle := 0.0
	next := func() float64 { angle += 0.37; return angle }
	cos := p.sums(r.Seq*r.Dim/2, func() float64 { return math.Cos(next()) })
	angle = 0
	sin := p.sums(r.Seq*r.Dim/2, func() float64 { return math.Sin(next()) })
	p.both(func(s side) {
		s.Rope(s.of(y), s.of(x), s.of(cos), s.of(sin), r)
		s.Rope(s.of(x), s.of(x), s.of(cos), s.of(sin), r) // in place
	})
	return []*matrix{y, x}
}
