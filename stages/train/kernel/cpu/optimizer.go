package cpu

import (
	"math"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// SumSquares is Σx² in float64, in one order.
func (d *device[T]) SumSquares(x kernel.Buffer) (float64, error) {
	var sum float64
	for _, v := range d.of(x) {
		sum += float64(v) * float64(v)
	}
	return sum, d.Sync()
}

// AdamW is one step of Loshchilov and Hutter, "Decoupled weight decay
// regularization" (arXiv:1711.05101), in the form and order of torch.optim.AdamW.
func (d *device[T]) AdamW(p, _, g, m, v kernel.Buffer, a kernel.Adam) {
	ps, gs, ms, vs := d.of(p), d.of(g), d.of(m), d.of(v)
	decay := 1 - a.LR*a.WeightDecay
	stepSize := a.LR / (1 - math.Pow(a.Beta1, float64(a.Step)))
	root := math.Sqrt(1 - math.Pow(a.Beta2, float64(a.Step)))
	d.parallel(len(ps), grain, func(_ *worker[T], lo, hi int) {
		for i := lo; i < hi; i++ {
			g := float64(gs[i]) * a.GradScale
			m := a.Beta1*float64(ms[i]) + (1-a.Beta1)*g
			v := a.Beta2*float64(vs[i]) + (1-a.Beta2)*g*g
			ps[i] = T(float64(ps[i])*decay - stepSize*m/(math.Sqrt(v)/root+a.Eps))
			ms[i], vs[i] = T(m), T(v)
		}
	})
}
