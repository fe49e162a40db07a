package cpu

import "github.com/clinflow/clinflow/stages/train/kernel"

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

// packPanel writes columns [c0, c1) of rows [r0, r1) of v as [r1-r0, width].
// Missing columns keep what is there: what comes of them is stored nowhere.
func packPanel[T number](to []T, v view[T], width, c0, c1, r0, r1 int) {
	if v.col == 1 {
		for r := r0; r < r1; r++ {
			copy(to[(r-r0)*width:], v.v[r*v.row+c0:r*v.row+c1])
		}
		return
	}
	for ; c0+4 <= c1; c0, to = c0+4, to[4:] { // columns are contiguous: read four at once
		packFour(to, v, width, c0, r0, r1)
	}
	for ; c0 < c1; c0, to = c0+1, to[1:] {
		for r, x := range v.v[c0*v.col+r0 : c0*v.col+r1] {
			to[r*width] = x
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
