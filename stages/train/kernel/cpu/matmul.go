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
	p := product[T]{d: d, micro: d.micro, k: m.K, a: va, c: cv, ldc: m.N, n: m.N, panel: m.K, alpha: T(m.Alpha), acc: m.Acc}
	right := b.(*floats[T])
	if m.N <= 2*d.narrow.nr && !right.isFrozen(m) {
		p.micro = d.narrow
	}
	p.b, p.ldb = d.packed(right, vb, m, p.micro.nr), p.micro.nr
	if m.M >= 2*p.micro.mr*d.team() || m.M >= m.N {
		d.parallel(m.M, p.micro.mr, func(w *worker[T], lo, hi int) { p.block(w, lo, hi, 0, m.N) })
	} else {
		d.parallel(m.N, p.micro.nr, func(w *worker[T], lo, hi int) { p.block(w, 0, m.M, lo, hi) })
	}
}

func pick(cond bool, yes, no int) int {
	if cond {
		return yes
	}
	return no
}

// product is one matrix product. Its right side is packed in panels [n/nr, k, nr]
// or lies in whole rows: the panel of column j begins at b[j·panel], and its rows
// are ldb apart.
type product[T number] struct {
	d          *device[T]
	micro      micro[T]
	k          int
	a          view[T]
	b          []T
	panel, ldb int
	c          []T
	ldc        int
	n          int
	alpha      T
	acc        bool
}

// directColumns is up to how many columns of b the rows of a are read where they
// lie: packing them costs more than it saves when few products follow.
const directColumns = 1024

// block computes rows [m0, m1) and columns [n0, n1) of the result; n0 is a
// multiple of nr.
func (p *product[T]) block(w *worker[T], m0, m1, n0, n1 int) {
	mr, direct := p.micro.mr, n1-n0 <= directColumns
	w.packedA = grown(w.packedA, blockM*blockK)
	at := view[T]{p.a.v, p.a.col, p.a.row} // aᵀ: panels of a are columns of it
	for k0 := 0; k0 < p.k; k0 += blockK {
		k1 := min(p.k, k0+blockK)
		for i0 := m0; i0 < m1; i0 += blockM {
			i1 := min(m1, i0+blockM)
			for i := i0; i < i1; i += mr {
				if !direct || i+mr > i1 {
					p.d.packPanel(w.packedA[(i-i0)*(k1-k0):(i-i0+mr)*(k1-k0)], at, mr, i, min(i1, i+mr), k0, k1)
				}
			}
			p.tiles(w, i0, i1, n0, n1, k0, k1, direct)
		}
	}
}

// tiles runs the micro kernel over a block of a.
func (p *product[T]) tiles(w *worker[T], i0, i1, n0, n1, k0, k1 int, direct bool) {
	mr, nr, k := p.micro.mr, p.micro.nr, k1-k0
	acc := p.acc || k0 > 0
	for j := n0; j < n1; j += nr {
		b := &p.b[j*p.panel+k0*p.ldb]
		for i := i0; i < i1; i += mr {
			a, lda, step := &w.packedA[(i-i0)*k], 1, mr
			if direct && i+mr <= i1 {
				a, lda, step = &p.a.v[i*p.a.row+k0*p.a.col], p.a.row, p.a.col
			}
			if i+mr <= i1 && j+nr <= n1 {
				p.micro.run(k, a, b, &p.c[i*p.ldc+j], lda, step, p.ldb, p.ldc, p.alpha, acc)
				continue
			}
			// The kernel adds here too: it may round alpha times a sum once it is added,
			// and a row may not depend on whether its tile is whole.
			iEnd, jEnd := min(i1, i+mr), min(n1, j+nr)
			p.inside(w.tile, i, iEnd, j, jEnd, func(tile, c []T) { copy(tile, c) })
			p.micro.run(k, a, b, &w.tile[0], lda, step, p.ldb, nr, p.alpha, acc)
			p.inside(w.tile, i, iEnd, j, jEnd, func(tile, c []T) { copy(c, tile) })
		}
	}
}

// inside calls do with the rows of a tile that lie in the result and their places there.
func (p *product[T]) inside(tile []T, i0, i1, j0, j1 int, do func(tile, c []T)) {
	for i := i0; i < i1; i++ {
		at := (i - i0) * p.micro.nr
		do(tile[at:at+j1-j0], p.c[i*p.ldc+j0:i*p.ldc+j1])
	}
}

// small is c = alpha·a·b within one worker, for matrices that are parts of
// larger ones.
func (d *device[T]) small(w *worker[T], c []T, ldc int, a, b view[T], m, n, k int, alpha T, acc bool) {
	nr := d.micro.nr
	p := product[T]{d: d, micro: d.micro, k: k, a: a, b: b.v, panel: 1, ldb: b.row, c: c, ldc: ldc, n: n, alpha: alpha, acc: acc}
	if b.col != 1 || n%nr != 0 {
		w.packedB = grown(w.packedB, panels(n, nr)*nr*k)
		for j := 0; j < n; j += nr {
			d.packPanel(w.packedB[j*k:(j+nr)*k], b, nr, j, min(n, j+nr), 0, k)
		}
		p.b, p.panel, p.ldb = w.packedB, k, nr
	}
	p.block(w, 0, m, 0, n)
}
