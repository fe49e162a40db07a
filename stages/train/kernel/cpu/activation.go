package cpu

import (
	"math"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// Activate is y = f(x).
func (d *device[T]) Activate(y, x kernel.Buffer, f kernel.Function) {
	ys, xs, value := d.of(y), d.of(x), values[f]
	d.parallel(len(ys), grain, func(_ *worker[T], lo, hi int) {
		for i := lo; i < hi; i++ {
			ys[i] = T(value(float64(xs[i])))
		}
	})
}

// ActivateBack is dx = f'(x) ⊙ dy.
func (d *device[T]) ActivateBack(dx, dy, x kernel.Buffer, f kernel.Function) {
	dxs, dys, xs, slope := d.of(dx), d.of(dy), d.of(x), slopes[f]
	d.parallel(len(dxs), grain, func(_ *worker[T], lo, hi int) {
		for i := lo; i < hi; i++ {
			dxs[i] = T(slope(float64(xs[i]))) * dys[i]
		}
	})
}

// values are the functions, and slopes their derivatives, by kernel.Function.
var (
	values = [...]func(float64) float64{kernel.GELU: gelu, kernel.GELUTanh: geluTanh, kernel.Tanh: math.Tanh, kernel.ReLU: func(x float64) float64 { return max(x, 0) }}
	slopes = [...]func(float64) float64{kernel.GELU: geluSlope, kernel.GELUTanh: geluTanhSlope, kernel.Tanh: tanhSlope, kernel.ReLU: reluSlope}
)

// gelu is x·Φ(x), Φ the distribution function of the standard normal distribution.
func gelu(x float64) float64 { return x * normal(x) }

func geluSlope(x float64) float64 {
	density := math.Exp(-x*x/2) / math.Sqrt(2*math.Pi)
	return normal(x) + x*density
}

func normal(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }

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
