package cpu

import (
	"math"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// LayerNorm takes the variance of the differences from the mean, which loses no digits.
func (d *device[T]) LayerNorm(y, mean, rstd, x, w, bias kernel.Buffer, n kernel.Norm) {
	ys, ms, rs, xs, ws, bs := d.of(y), d.of(mean), d.of(rstd), d.of(x), d.of(w), d.of(bias)
	d.parallel(n.Rows, 1, func(_ *worker[T], lo, hi int) {
		for r := lo; r < hi; r++ {
			x, y := xs[r*n.Cols:(r+1)*n.Cols], ys[r*n.Cols:(r+1)*n.Cols]
			m := average(x)
			for i, v := range x {
				y[i] = v - m
			}
			ms[r], rs[r] = m, T(1/math.Sqrt(float64(d.dot(y, y))/float64(n.Cols)+n.Eps))
			d.normalize(y, y, ws, rs[r])
			d.add(y, y, bs)
		}
	})
}

func average[T number](x []T) T {
	var sum float64
	for _, v := range x {
		sum += float64(v)
	}
	return T(sum / float64(len(x)))
}

// LayerNormBack is the gradient of LayerNorm: with x' = (x-mean)·rstd and g = dy·w,
// dx = rstd·(g - mean(g) - x'·mean(g·x')), dw = Σ dy·x' and dbias = Σ dy (Ba et al. 2016,
// arXiv:1607.06450).
func (d *device[T]) LayerNormBack(dx, dw, dbias, dy, x, w, mean, rstd kernel.Buffer, n kernel.Norm, acc bool) {
	if dw != nil {
		d.layerNormWeight(d.of(dw), d.of(dy), d.of(x), d.of(mean), d.of(rstd), n)
	}
	if dbias != nil {
		d.SumRows(dbias, dy, n.Rows)
	}
	if dx == nil {
		return
	}
	dxs, dys, xs, ws, ms, rs := d.of(dx), d.of(dy), d.of(x), d.of(w), d.of(mean), d.of(rstd)
	d.parallel(n.Rows, 1, func(_ *worker[T], lo, hi int) {
		for r := lo; r < hi; r++ {
			from, to := r*n.Cols, (r+1)*n.Cols
			layerNormInput(dxs[from:to], dys[from:to], xs[from:to], ws, ms[r], rs[r], acc)
		}
	})
}

func layerNormInput[T number](dx, dy, x, w []T, mean, rstd T, acc bool) {
	var sum, product float64
	for i, v := range dy {
		g := float64(v * w[i])
		sum += g
		product += g * float64((x[i]-mean)*rstd)
	}
	g, s := T(sum/float64(len(dy))), T(product/float64(len(dy)))
	for i, v := range dy {
		to := rstd * (v*w[i] - g - (x[i]-mean)*rstd*s)
		if acc {
			to += dx[i]
		}
		dx[i] = to
	}
}

func (d *device[T]) layerNormWeight(dw, dy, x, mean, rstd []T, n kernel.Norm) {
	d.parallel(n.Cols, 16, func(_ *worker[T], lo, hi int) {
		for r := range n.Rows {
			at := r * n.Cols
			for j := lo; j < hi; j++ {
				dw[j] += dy[at+j] * (x[at+j] - mean[r]) * rstd[r]
			}
		}
	})
}
