package cpu

import (
	"math"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// grain is how many elements a worker takes at least, a multiple of every
// vector length.
const grain = 1024

// Fill sets all of y.
func (d *device[T]) Fill(y kernel.Buffer, v float64) {
	ys, t := d.of(y), T(v)
	if t == 0 {
		clear(ys)
		return
	}
	for i := range ys {
		ys[i] = t
	}
}

// Copy copies all of x.
func (d *device[T]) Copy(y, x kernel.Buffer) { copy(d.of(y), d.of(x)) }

// Add is y = a + b.
func (d *device[T]) Add(y, a, b kernel.Buffer) {
	ys, as, bs := d.of(y), d.of(a), d.of(b)
	d.parallel(len(ys), grain, func(_ *worker[T], lo, hi int) {
		ys, as, bs := ys[lo:hi], as[lo:hi], bs[lo:hi]
		for i := range ys {
			ys[i] = as[i] + bs[i]
		}
	})
}

// AddBias adds bias to every row of y.
func (d *device[T]) AddBias(y, bias kernel.Buffer, rows int) {
	ys, bs := d.of(y), d.of(bias)
	d.parallel(rows, 1, func(_ *worker[T], lo, hi int) {
		for r := lo; r < hi; r++ {
			for j, row := 0, ys[r*len(bs):(r+1)*len(bs)]; j < len(row); j++ {
				row[j] += bs[j]
			}
		}
	})
}

// SumRows adds the rows of dy to dbias.
func (d *device[T]) SumRows(dbias, dy kernel.Buffer, rows int) {
	bs, ys := d.of(dbias), d.of(dy)
	n := len(bs)
	d.parallel(n, 16, func(_ *worker[T], lo, hi int) {
		for r := range rows {
			for j, row := lo, ys[r*n:(r+1)*n]; j < hi; j++ {
				bs[j] += row[j]
			}
		}
	})
}

// SwiGLU is y = gate·sigmoid(gate)·up.
func (d *device[T]) SwiGLU(y, gate, up kernel.Buffer) {
	ys, gs, us := d.of(y), d.of(gate), d.of(up)
	d.sigmoids(gs, func(lo, hi int, s []T) {
		ys, gs, us := ys[lo:hi], gs[lo:hi], us[lo:hi]
		for i := range ys {
			ys[i] = gs[i] * s[i] * us[i]
		}
	})
}

// SwiGLUBack is the gradient of SwiGLU: silu'(g) = s + g·s·(1-s).
func (d *device[T]) SwiGLUBack(dgate, dup, dy, gate, up kernel.Buffer) {
	dgs, dus, dys, gs, us := d.of(dgate), d.of(dup), d.of(dy), d.of(gate), d.of(up)
	d.sigmoids(gs, func(lo, hi int, s []T) {
		dgs, dus, dys, gs, us := dgs[lo:hi], dus[lo:hi], dys[lo:hi], gs[lo:hi], us[lo:hi]
		for i := range s {
			silu := gs[i] * s[i]
			dgs[i] = dys[i] * us[i] * (s[i] + silu*(1-s[i]))
			dus[i] = dys[i] * silu
		}
	})
}

// sigmoids calls f with the sigmoids of a grain of x at a time.
func (d *device[T]) sigmoids(x []T, f func(lo, hi int, s []T)) {
	d.parallel(len(x), grain, func(w *worker[T], lo, hi int) {
		w.row = grown(w.row, grain)
		for ; lo < hi; lo += grain {
			end := min(lo+grain, hi)
			s := w.row[:end-lo]
			d.sigmoid(s, x[lo:end])
			f(lo, end, s)
		}
	})
}

func expGo[T number](dst, src []T, shift T) (sum T) {
	for i, x := range src {
		dst[i] = T(math.Exp(float64(x - shift)))
		sum += dst[i]
	}
	return sum
}

func sigmoidGo[T number](dst, src []T) {
	for i, x := range src {
		dst[i] = T(1 / (1 + math.Exp(-float64(x))))
	}
}
