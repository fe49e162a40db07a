package cpu

import (
	"math"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// ClipFactor sums in float64, in one order.
func (d *device[T]) ClipFactor(factor kernel.Buffer, gs []kernel.Buffer, maxNorm float64) {
	var sum float64
	for _, g := range gs {
		var squares float64
		for _, v := range d.of(g) {
			squares += float64(v) * float64(v)
		}
		sum += squares
	}
	d.of(factor)[0] = T(min(1, maxNorm/(math.Sqrt(sum)+1e-6)))
}

// adamConstants are what AdamW's inner loop needs, as the assembly reads it.
type adamConstants [9]float64

// The places of adamConstants.
const (
	adamDecay    = iota // 1 - lr·weight_decay
	adamStepSize        // lr over the bias correction of m
	adamRoot            // the root of the bias correction of v
	adamEps
	adamGradScale
	adamBeta1
	adamRest1 // 1 - beta1
	adamBeta2
	adamRest2
)

// AdamW is one step of Loshchilov and Hutter, "Decoupled weight decay
// regularization" (arXiv:1711.05101), in the form and order of torch.optim.AdamW.
func (d *device[T]) AdamW(p, _, g, m, v, factor kernel.Buffer, a kernel.Adam) {
	ps, gs, ms, vs, scale := d.of(p), d.of(g), d.of(m), d.of(v), 1.0
	if factor != nil {
		scale = float64(d.of(factor)[0])
	}
	c := &adamConstants{1 - a.LR*a.WeightDecay, a.LR / (1 - math.Pow(a.Beta1, float64(a.Step))),
		math.Sqrt(1 - math.Pow(a.Beta2, float64(a.Step))), a.Eps, scale,
		a.Beta1, 1 - a.Beta1, a.Beta2, 1 - a.Beta2}
	d.parallel(len(ps), grain, func(_ *worker[T], lo, hi int) {
		d.adamw(ps[lo:hi], gs[lo:hi], ms[lo:hi], vs[lo:hi], c)
	})
}

// adamwGo computes in float64 and in the order of operations of the assembly.
func adamwGo[T number](p, g, m, v []T, c *adamConstants) {
	for i := range p {
		grad := float64(g[i]) * c[adamGradScale]
		m1 := c[adamBeta1]*float64(m[i]) + c[adamRest1]*grad
		m2 := c[adamBeta2]*float64(v[i]) + c[adamRest2]*grad*grad
		p[i] = T(float64(p[i])*c[adamDecay] - c[adamStepSize]*m1/(math.Sqrt(m2)/c[adamRoot]+c[adamEps]))
		m[i], v[i] = T(m1), T(m2)
	}
}
