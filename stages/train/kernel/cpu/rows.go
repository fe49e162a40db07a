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
			for j := range to {
				to[j] += from[j]
			}
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
			rs[r] = T(1 / math.Sqrt(float64(dot(x, x))/float64(n.Cols)+n.Eps))
			for j := range y {
				y[j] = x[j] * rs[r] * ws[j]
			}
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
			normRow(dxs[from:to], dys[from:to], xs[from:to], ws, rs[r], acc)
		}
	})
}

func normRow[T number](dx, dy, x, w []T, rstd T, acc bool) {
	var s T
	for j := range x {
		s += dy[j] * w[j] * x[j]
	}
	s *= rstd * rstd / T(len(x))
	for j := range dx {
		v := rstd * (dy[j]*w[j] - x[j]*s)
		if acc {
			v += dx[j]
		}
		dx[j] = v
	}
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

// dot sums in four lanes, which is faster and more exact than one.
func dot[T number](a, b []T) T {
	var s [4]T
	for len(a) >= 4 && len(b) >= 4 {
		s[0] += a[0] * b[0]
		s[1] += a[1] * b[1]
		s[2] += a[2] * b[2]
		s[3] += a[3] * b[3]
		a, b = a[4:], b[4:]
	}
	for i := range a {
		s[0] += a[i] * b[i]
	}
	return (s[0] + s[1]) + (s[2] + s[3])
}

// Rope turns the pairs (i, i+dim/2) of every head.
func (d *device[T]) Rope(y, x, cos, sin kernel.Buffer, r kernel.Rope) {
	ys, xs, cs, ss := d.of(y), d.of(x), d.of(cos), d.of(sin)
	half, sign := r.Dim/2, T(1)
	if r.Inverse {
		sign = -1
	}
	d.parallel(r.Rows, 1, func(_ *worker[T], lo, hi int) {
		for row := lo; row < hi; row++ {
			at := row % r.Seq * half
			c, s := cs[at:at+half], ss[at:at+half]
			for h := range r.Heads {
				o := (row*r.Heads + h) * r.Dim
				x1, x2, y1, y2 := xs[o:o+half], xs[o+half:o+r.Dim], ys[o:o+half], ys[o+half:o+r.Dim]
				for i := range c {
					a, b, sine := x1[i], x2[i], sign*s[i]
					y1[i], y2[i] = a*c[i]-b*sine, b*c[i]+a*sine
				}
			}
		}
	})
}
