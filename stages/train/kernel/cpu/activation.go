package cpu

import (
	"math"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// Activate is y = f(x).
func (d *device[T]) Activate(y, x kernel.Buffer, f kernel.Function) {
	ys, xs, value := d.of(y), d.of(x), values[f]
	d.parallel(len(ys), grain, func(_ *worker[T], lo, hi int) {
		if f == kernel.GELU {
			d.gelu(ys[lo:hi], xs[lo:hi])
			return
		}
		for i := lo; i < hi; i++ {
			ys[i] = T(value(float64(xs[i])))
		}
	})
}

// ActivateBack is dx = f'(x) ⊙ dy.
func (d *device[T]) ActivateBack(dx, dy, x kernel.Buffer, f kernel.Function) {
	dxs, dys, xs, slope := d.of(dx), d.of(dy), d.of(x), slopes[f]
	d.parallel(len(dxs), grain, func(_ *worker[T], lo, hi int) {
		if f == kernel.GELU {
			d.geluBack(dxs[lo:hi], dys[lo:hi], xs[lo:hi])
			return
		}
		for i := lo; i < hi; i++ {
			dxs[i] = T(slope(float64(xs[i]))) * dys[i]
		}
	})
}

// values are the functions but GELU, and slopes their derivatives, by kernel.Function.
var (
	values = [...]func(float64) float64{kernel.GELUTanh: geluTanh, kernel.Tanh: math.Tanh, kernel.ReLU: func(x float64) float64 { return max(x, 0) }}
	slopes = [...]func(float64) float64{kernel.GELUTanh: geluTanhSlope, kernel.Tanh: tanhSlope, kernel.ReLU: reluSlope}
)

// The constants of the approximation by tanh are of Hendrycks and Gimpel 2016, section 2.
const (
	tanhCubic = 0.044715
	tanhScale = 0.7978845608028654 // √(2/π)
)

func geluTanh(x float64) float64 {
	return 0.5 * x * (1 + math.Tanh(tanhScale*(x+tanhCubic*x*x*x)))
}

func geluTanhSlope(x float64) float64 {
	t := math.Tanh(tanhScale * (x + tanhCubic*x*x*x))
	return 0.5*(1+t) + 0.5*x*(1-t*t)*tanhScale*(1+3*tanhCubic*x*x)
}

func tanhSlope(x float64) float64 {
	t := math.Tanh(x)
	return 1 - t*t
}

// reluSlope is zero at zero, as PyTorch's.
func reluSlope(x float64) float64 {
	if x > 0 {
		return 1
	}
	return 0
}
