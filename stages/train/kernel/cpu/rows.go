package cpu

import (
	"fmt"
	"math"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// Gather is y[i,:] = table[ids[i],:].
func (d *device[T]) Gather(y, table, ids kernel.Buffer, rows, cols int) {
	ys, ts, is := d.of(y), d.of(table), intsOf(ids)[:rows]
	if !d.inside(is, len(ts)/cols) {
		return
	}
	d.parallel(rows, 1, func(_ *worker[T], lo, hi int) {
		for i := lo; i < hi; i++ {
			copy(ys[i*cols:(i+1)*cols], ts[int(is[i])*cols:])
		}
	})
}

// ScatterAdd is dtable[ids[i],:] += dy[i,:], split by columns to keep the order
// of the sums.
func (d *device[T]) ScatterAdd(dtable, dy, ids kernel.Buffer, rows, cols int) {
	ts, ys, is := d.of(dtable), d.of(dy), intsOf(ids)[:rows]
	if !d.inside(is, len(ts)/cols) {
		return
	}
	d.parallel(cols, 16, func(_ *worker[T], lo, hi int) {
		for i, id := range is {
			to, from := ts[int(id)*cols+lo:int(id)*cols+hi], ys[i*cols+lo:i*cols+hi]
			d.add(to, to, from)
		}
	})
}

func (d *device[T]) inside(ids []int32, n int) bool {
	for i, id := range ids {
		if id < 0 || int(id) >= n {
			d.fail(fmt.Errorf("index %d of a lookup is outside its table of %d rows", i, n))
			return false
		}
	}
	return true
}

// RMSNorm is y = x·rstd·w.
func (d *device[T]) RMSNorm(y, rstd, x, w kernel.Buffer, n kernel.Norm) {
	ys, rs, xs, ws := d.of(y), d.of(rstd), d.of(x), d.of(w)
	d.parallel(n.Rows, 1, func(_ *worker[T], lo, hi int) {
		for r := lo; r < hi; r++ {
			x, y := xs[r*n.Cols:(r+1)*n.Cols], ys[r*n.Cols:(r+1)*n.Cols]
			rs[r] = T(1 / math.Sqrt(float64(d.dot(x, x))/float64(n.Cols)+n.Eps))
			d.normalize(y, x, ws, rs[r])
		}
	})
}

// RMSNormBack is the gradient of RMSNorm: with g = dy·w,
// dx = rstd·(g - x·rstd²·mean(g·x)) and dw = Σ dy·x·rstd.
func (d *device[T]) RMSNormBack(dx, dw, dy, x, w, rstd kernel.Buffer, n kernel.Norm, acc bool) {
	dys, xs, ws, rs := d.of(dy), d.of(x), d.of(w), d.of(rstd)
	if dw != nil {
		d.normWeight(d.of(dw), dys, xs, rs, n)
	}
	if dx == nil {
		return
	}
	dxs := d.of(dx)
	d.parallel(n.Rows, 1, func(_ *worker[T], lo, hi int) {
		for r := lo; r < hi; r++ {
			from, to := r*n.Cols, (r+1)*n.Cols
			dy, x := dys[from:to], xs[from:to]
			s := d.dot3(dy, ws, x) * rs[r] * rs[r] / T(n.Cols)
			d.normalizeBack(dxs[from:to], dy, x, ws, rs[r], s, acc)
		}
	})
}

func (d *device[T]) normWeight(dw, dy, x, rstd []T, n kernel.Norm) {
	d.parallel(n.Cols, 16, func(_ *worker[T], lo, hi int) {
		for r := range n.Rows {
			at := r * n.Cols
			for j := lo; j < hi; j++ {
				dw[j] += dy[at+j] * x[at+j] * rstd[r]
			}
		}
	})
}

// Rope turns the pairs (i, i+dim/2) of every head. To turn back is to turn the
// pairs in the other order.
func (d *device[T]) Rope(y, x, cos, sin kernel.Buffer, r kernel.Rope) {
	ys, xs, cs, ss := d.of(y), d.of(x), d.of(cos), d.of(sin)
	half := r.Dim / 2
	first, second := 0, half
	if r.Inverse {
		first, second = half, 0
	}
	d.parallel(r.Rows, 1, func(_ *worker[T], lo, hi int) {
		for row := lo; row < hi; row++ {
			at := row % r.Seq * half
			c, s := cs[at:at+half], ss[at:at+half]
			for o := row * r.Heads * r.Dim; o < (row+1)*r.Heads*r.Dim; o += r.Dim {
				a, b := o+first, o+second
				d.rotate(ys[a:a+half], ys[b:b+half], xs[a:a+half], xs[b:b+half], c, s)
			}
		}
	})
}
