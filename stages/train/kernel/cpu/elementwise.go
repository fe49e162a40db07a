package cpu

import "github.com/clinflow/clinflow/stages/train/kernel"

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
		d.add(ys[lo:hi], as[lo:hi], bs[lo:hi])
	})
}

// AddBias adds bias to every row of y.
func (d *device[T]) AddBias(y, bias kernel.Buffer, rows int) {
	ys, bs := d.of(y), d.of(bias)
	d.parallel(rows, 1, func(_ *worker[T], lo, hi int) {
		for r := lo; r < hi; r++ {
			row := ys[r*len(bs) : (r+1)*len(bs)]
			d.add(row, row, bs)
		}
	})
}

// SumRows adds the rows of dy to dbias.
func (d *device[T]) SumRows(dbias, dy kernel.Buffer, rows int) {
	bs, ys := d.of(dbias), d.of(dy)
	n := len(bs)
	d.parallel(n, 16, func(_ *worker[T], lo, hi int) {
		for r := range rows {
			d.add(bs[lo:hi], bs[lo:hi], ys[r*n+lo:r*n+hi])
		}
	})
}

// SwiGLU is y = gate·sigmoid(gate)·up.
func (d *device[T]) SwiGLU(y, gate, up kernel.Buffer) {
	ys, gs, us := d.of(y), d.of(gate), d.of(up)
	d.parallel(len(ys), grain, func(_ *worker[T], lo, hi int) {
		d.swiglu(ys[lo:hi], gs[lo:hi], us[lo:hi])
	})
}

// SwiGLUBack is the gradient of SwiGLU.
func (d *device[T]) SwiGLUBack(dgate, dup, dy, gate, up kernel.Buffer) {
	dgs, dus, dys, gs, us := d.of(dgate), d.of(dup), d.of(dy), d.of(gate), d.of(up)
	d.parallel(len(dys), grain, func(_ *worker[T], lo, hi int) {
		d.swigluBack(dgs[lo:hi], dus[lo:hi], dys[lo:hi], gs[lo:hi], us[lo:hi])
	})
}

// Scale is y = factor·x.
func (d *device[T]) Scale(y, x, factor kernel.Buffer, acc bool) {
	ys, xs, f := d.of(y), d.of(x), d.of(factor)[0]
	d.parallel(len(ys), grain, func(_ *worker[T], lo, hi int) {
		for i := lo; i < hi; i++ {
			v := f * xs[i]
			if acc {
				v += ys[i]
			}
			ys[i] = v
		}
	})
}

// Dot sums on one worker, in one order.
func (d *device[T]) Dot(sum, a, b kernel.Buffer) { d.of(sum)[0] += d.dot(d.of(a), d.of(b)) }
