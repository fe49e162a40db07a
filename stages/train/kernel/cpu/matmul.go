package cpu

import (
	"unsafe"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// The products follow Goto and van de Geijn, "Anatomy of high-performance matrix
// multiplication" (ACM TOMS 34, 2008): both matrices are repacked so that the
// innermost kernel reads memory in order.

// micro is the innermost kernel: a tile [mr, nr] of the result.
type micro[T number] struct {
	mr, nr int
	// run is c = alpha·Σ_k a[k]·b[k]ᵀ, added to c with acc, where a is packed
	// [k, mr], b [k, nr] and c has rows ldc apart.
	run func(k int, a, b, c *T, ldc int, alpha T, acc bool)
}

// The blocks keep a panel of b in the first-level cache and a block of a in the
// second. They fix the order of the sums: k is cut at multiples of blockK.
const (
	blockK = 256
	blockM = 240 // a multiple of every mr
)

// view is a matrix in memory: element (i, j) is v[i·row + j·col].
type view[T number] struct {
	v        []T
	row, col int
}

func newView[T number](v []T, ld int, trans bool) view[T] {
	if trans {
		return view[T]{v, 1, ld}
	}
	return view[T]{v, ld, 1}
}

// frozen keeps a constant matrix packed as the right-hand side of a product.
type frozen[T number] struct {
	rows, cols    int
	plain, transp []T // nil until a product wants it
}

func (f *frozen[T]) forget() { f.plain, f.transp = nil, nil }

// Freeze lets products with w on the right keep it packed.
func (d *device[T]) Freeze(w kernel.Buffer, rows, cols int) {
	w.(*floats[T]).frozen = &frozen[T]{rows: rows, cols: cols}
}

// MatMul is c = alpha·op(a)·op(b), added to c with m.Acc.
func (d *device[T]) MatMul(c, a, b kernel.Buffer, m kernel.MatMul) {
	va := newView(d.of(a), pick(m.TransA, m.M, m.K), m.TransA)
	vb := newView(d.of(b), pick(m.TransB, m.K, m.N), m.TransB)
	_, _, cv := va.v[:m.M*m.K], vb.v[:m.N*m.K], d.of(c)[:m.M*m.N]
	packed := d.packed(b.(*floats[T]), vb, m)
	p := product[T]{micro: d.micro, k: m.K, a: va, c: cv, ldc: m.N, n: m.N, b: packed, alpha: T(m.Alpha), acc: m.Acc}
	if m.M >= 2*d.micro.mr*len(d.workers) || m.M >= m.N {
		d.parallel(m.M, d.micro.mr, func(w *worker[T], lo, hi int) { p.block(w, lo, hi, 0, m.N) })
	} else {
		d.parallel(m.N, d.micro.nr, func(w *worker[T], lo, hi int) { p.block(w, 0, m.M, lo, hi) })
	}
}

func pick(cond bool, yes, no int) int {
	if cond {
		return yes
	}
	return no
}

// packed returns b [K, N] in panels.
func (d *device[T]) packed(b *floats[T], v view[T], m kernel.MatMul) []T {
	size := panels(m.N, d.micro.nr) * d.micro.nr * m.K
	if b.frozen == nil || b.frozen.rows*b.frozen.cols != m.K*m.N {
		d.packedB = grown(d.packedB, size)
		d.pack(d.packedB, v, m)
		return d.packedB
	}
	keep := &b.frozen.plain
	if m.TransB {
		keep = &b.frozen.transp
	}
	if *keep == nil {
		*keep = make([]T, size)
		d.pack(*keep, v, m)
	}
	return *keep
}

func (d *device[T]) pack(to []T, v view[T], m kernel.MatMul) {
	nr := d.micro.nr
	d.parallel(panels(m.N, nr), 1, func(_ *worker[T], lo, hi int) {
		for p := lo; p < hi; p++ {
			packPanel(to[p*nr*m.K:(p+1)*nr*m.K], v, nr, p*nr, min(m.N, (p+1)*nr), 0, m.K)
		}
	})
}

func panels(n, width int) int { return (n + width - 1) / width }

// packPanel writes columns [c0, c1) of rows [r0, r1) of v as [r1-r0, width],
// with zeros in the columns that are missing.
func packPanel[T number](to []T, v view[T], width, c0, c1, r0, r1 int) {
	n := c1 - c0
	switch {
	case v.col == 1:
		for r := r0; r < r1; r++ {
			row := to[(r-r0)*width : (r-r0+1)*width]
			copy(row, v.v[r*v.row+c0:r*v.row+c1])
			clear(row[n:])
		}
	default: // columns are contiguous: read four of them at once
		if n < width {
			clear(to)
		}
		for ; c0+4 <= c1; c0, to = c0+4, to[4:] {
			packFour(to, v, width, c0, r0, r1)
		}
		for ; c0 < c1; c0, to = c0+1, to[1:] {
			for r, x := range v.v[c0*v.col+r0 : c0*v.col+r1] {
				to[r*width] = x
			}
		}
	}
}

// packFour is packPanel for four whole columns.
func packFour[T number](to []T, v view[T], width, c, r0, r1 int) {
	column := func(i int) []T { return v.v[(c+i)*v.col+r0 : (c+i)*v.col+r1] }
	a, b, d, e := column(0), column(1), column(2), column(3)
	b, d, e = b[:len(a)], d[:len(a)], e[:len(a)]
	for i, x := range a {
		row := to[i*width : i*width+4]
		row[0], row[1], row[2], row[3] = x, b[i], d[i], e[i]
	}
}

// product is one matrix product whose right side is packed.
type product[T number] struct {
	micro micro[T]
	k     int
	a     view[T]
	b     []T // panels [n/nr, k, nr]
	c     []T
	ldc   int
	n     int
	alpha T
	acc   bool
}

// block computes rows [m0, m1) and columns [n0, n1) of the result; n0 is a
// multiple of nr.
func (p *product[T]) block(w *worker[T], m0, m1, n0, n1 int) {
	mr := p.micro.mr
	w.packedA = grown(w.packedA, blockM*blockK)
	at := view[T]{p.a.v, p.a.col, p.a.row} // aᵀ: panels of a are columns of it
	for k0 := 0; k0 < p.k; k0 += blockK {
		k1 := min(p.k, k0+blockK)
		for i0 := m0; i0 < m1; i0 += blockM {
			i1 := min(m1, i0+blockM)
			for i := i0; i < i1; i += mr {
				packPanel(w.packedA[(i-i0)*(k1-k0):(i-i0+mr)*(k1-k0)], at, mr, i, min(i1, i+mr), k0, k1)
			}
			p.tiles(w, i0, i1, n0, n1, k0, k1)
		}
	}
}

// tiles runs the micro kernel over a packed block of a.
func (p *product[T]) tiles(w *worker[T], i0, i1, n0, n1, k0, k1 int) {
	mr, nr, k := p.micro.mr, p.micro.nr, k1-k0
	acc := p.acc || k0 > 0
	for j := n0; j < n1; j += nr {
		b := &p.b[(j*p.k)+k0*nr]
		for i := i0; i < i1; i += mr {
			a := &w.packedA[(i-i0)*k]
			if i+mr <= i1 && j+nr <= n1 {
				p.micro.run(k, a, b, &p.c[i*p.ldc+j], p.ldc, p.alpha, acc)
				continue
			}
			p.micro.run(k, a, b, &w.tile[0], nr, p.alpha, false)
			p.edge(w.tile, i, min(i1, i+mr), j, min(n1, j+nr), acc)
		}
	}
}

// edge stores the part of a tile that lies inside the result.
func (p *product[T]) edge(tile []T, i0, i1, j0, j1 int, acc bool) {
	for i := i0; i < i1; i++ {
		from, to := tile[(i-i0)*p.micro.nr:], p.c[i*p.ldc+j0:i*p.ldc+j1]
		if !acc {
			copy(to, from)
			continue
		}
		for j := range to {
			to[j] += from[j]
		}
	}
}

// small is c = alpha·a·b within one worker, for matrices that are parts of
// larger ones.
func (d *device[T]) small(w *worker[T], c []T, ldc int, a, b view[T], m, n, k int, alpha T, acc bool) {
	nr := d.micro.nr
	w.packedB = grown(w.packedB, panels(n, nr)*nr*k)
	for j := 0; j < n; j += nr {
		packPanel(w.packedB[j*k:(j+nr)*k], b, nr, j, min(n, j+nr), 0, k)
	}
	p := product[T]{micro: d.micro, k: k, a: a, b: w.packedB, c: c, ldc: ldc, n: n, alpha: alpha, acc: acc}
	p.block(w, 0, m, 0, n)
}

// pure are the inner loops in Go.
func pure[T number]() functions[T] {
	return functions[T]{name: "go", micro: micro[T]{4, 2, microGo[T]}, exp: expGo[T], sigmoid: sigmoidGo[T], drop: dropGo[T]}
}

// microGo is the micro kernel of 4 by 2 in Go: its sums fit the registers.
func microGo[T number](k int, a, b, c *T, ldc int, alpha T, acc bool) {
	as, bs := unsafe.Slice(a, 4*k), unsafe.Slice(b, 2*k)
	var t00, t01, t10, t11, t20, t21, t30, t31 T
	for len(as) >= 4 && len(bs) >= 2 {
		b0, b1 := bs[0], bs[1]
		a0, a1, a2, a3 := as[0], as[1], as[2], as[3]
		t00 += a0 * b0
		t01 += a0 * b1
		t10 += a1 * b0
		t11 += a1 * b1
		t20 += a2 * b0
		t21 += a2 * b1
		t30 += a3 * b0
		t31 += a3 * b1
		as, bs = as[4:], bs[2:]
	}
	cs := unsafe.Slice(c, 3*ldc+2)
	for i, t := range [4][2]T{{t00, t01}, {t10, t11}, {t20, t21}, {t30, t31}} {
		for j, x := range t {
			if acc {
				cs[i*ldc+j] += alpha * x
			} else {
				cs[i*ldc+j] = alpha * x
			}
		}
	}
}
