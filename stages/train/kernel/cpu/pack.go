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

// frozen keeps a constant matrix packed as the right-hand side of a product, in two
// forms beside the matrix itself.
type frozen[T number] struct {
	rows, cols    int
	plain, transp form[T]
}

// form is one way to pack a matrix.
type form[T number] struct {
	packed  []T  // nil until a product wants it
	refused bool // there is no memory for it: each product packs the matrix for itself
}

func (f *frozen[T]) forget() { f.plain, f.transp = form[T]{}, form[T]{} }

// Freeze lets products with w on the right keep it packed, where there is memory for it.
func (d *device[T]) Freeze(w kernel.Buffer, rows, cols int) {
	w.(*floats[T]).frozen = &frozen[T]{rows: rows, cols: cols}
}

// The logits of a language model that are held at once: at most 2²² numbers, 16 MiB,
// some 130 rows of LLaMA's 32,000 words, and no more rows than a block of the
// products, so that those of a small vocabulary are still in the cache when they
// are read again.
const chunkElements = 1 << 22

// ChunkRows is a block of the products, or fewer where rows are long.
func (d *device[T]) ChunkRows(cols int) int { return min(blockM, max(16, chunkElements/cols)) }

// packed returns b [K, N] in panels of nr columns.
func (d *device[T]) packed(b *floats[T], v view[T], m kernel.MatMul, nr int) []T {
	size := panels(m.N, nr) * nr * m.K
	if b.isFrozen(m) {
		if keep := d.form(b.frozen, m.TransB, size); !keep.refused {
			if keep.packed == nil {
				keep.packed = make([]T, size)
				d.pack(keep.packed, v, m, nr)
			}
			return keep.packed
		}
	}
	d.packedB = grown(d.packedB, size)
	d.pack(d.packedB, v, m, nr)
	return d.packedB
}

// form is the one that a product wants. Whether it can be kept is asked once.
func (d *device[T]) form(f *frozen[T], trans bool, size int) *form[T] {
	keep := &f.plain
	if trans {
		keep = &f.transp
	}
	if keep.packed == nil && !keep.refused {
		keep.refused = !d.spare(int64(size) * int64(d.float.Size()))
	}
	return keep
}

func (f *floats[T]) isFrozen(m kernel.MatMul) bool {
	return f.frozen != nil && f.frozen.rows*f.frozen.cols == m.K*m.N
}

func (d *device[T]) pack(to []T, v view[T], m kernel.MatMul, nr int) {
	d.parallel(panels(m.N, nr), 1, func(_ *worker[T], lo, hi int) {
		for p := lo; p < hi; p++ {
			d.packPanel(to[p*nr*m.K:(p+1)*nr*m.K], v, nr, p*nr, min(m.N, (p+1)*nr), 0, m.K)
		}
	})
}

func panels(n, width int) int { return (n + width - 1) / width }

// packPanel writes columns [c0, c1) of rows [r0, r1) of v as [r1-r0, width].
// Missing columns keep what is there: what comes of them is stored nowhere.
func (d *device[T]) packPanel(to []T, v view[T], width, c0, c1, r0, r1 int) {
	if v.col == 1 {
		for r := r0; r < r1; r++ {
			copy(to[(r-r0)*width:], v.v[r*v.row+c0:r*v.row+c1])
		}
		return
	}
	column := func(c int) []T { return v.v[c*v.col+r0 : c*v.col+r1] } // each lies together
	for ; c0+4 <= c1; c0, to = c0+4, to[4:] {
		d.interleave(to, width, [4][]T{column(c0), column(c0 + 1), column(c0 + 2), column(c0 + 3)})
	}
	for ; c0 < c1; c0, to = c0+1, to[1:] {
		for r, x := range column(c0) {
			to[r*width] = x
		}
	}
}
