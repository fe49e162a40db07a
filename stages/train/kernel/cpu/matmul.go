package cpu

import "github.com/clinflow/clinflow/stages/train/kernel"

// The products follow Goto and van de Geijn, "Anatomy of high-performance matrix
// multiplication" (ACM TOMS 34, 2008): both matrices are repacked so that the
// innermost kernel reads memory in order.

// The blocks keep a panel of b in the first-level cache and a block of a in the
// second. They fix the order of the sums: k is cut at multiples of blockK.
const (
	blockK = 256
	blockM = 240 // a multiple of every mr
)

// MatMul is c = alpha·op(a)·op(b), added to c with m.Acc.
func (d *device[T]) MatMul(c, a, b kernel.Buffer, m kernel.MatMul) {
	va := newView(d.of(a), pick(m.TransA, m.M, m.K), m.TransA)
	vb := newView(d.of(b), pick(m.TransB, m.K, m.N), m.TransB)
	_, _, cv := va.v[:m.M*m.K], vb.v[:m.N*m.K], d.of(c)[:m.M*m.N]
	packed := d.packed(b.(*floats[T]), vb, m)
	p := product[T]{micro: d.micro, k: m.K, a: va, c: cv, ldc: m.N, n: m.N, b: packed, alpha: T(m.Alpha), acc: m.Acc}
	if m.M >= 2*d.micro.mr*d.team() || m.M >= m.N {
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
