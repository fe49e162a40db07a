package cuda

import (
	"math"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// partials is how many blocks sum the squares of a gradient: see source/optimizer.cu.
const partials = 256

// ClipFactor sums the squares of all gradients on the device.
func (d *device) ClipFactor(factor kernel.Buffer, gs []kernel.Buffer, maxNorm float64) {
	d.enter()
	defer d.context.Leave()
	d.fail("fill", d.stream.Zero(d.partial, partials*8))
	for _, g := range gs {
		d.kernel("add_squares").pointer(d.partial).buffers(g).long(g.Len()).grid(partials, 1, 1, threads)
	}
	d.kernel("clip_factor").buffers(factor).pointer(d.partial).int(partials).double(maxNorm).grid(1, 1, 1, threads)
}

// AdamW is one step of torch.optim.AdamW.
func (d *device) AdamW(p, master, g, m, v, factor kernel.Buffer, a kernel.Adam) {
	d.enter()
	defer d.context.Leave()
	if master == nil {
		master = p
	}
	step := float64(a.Step)
	d.kernel("adamw").buffers(p, master, g, m, v, factor).long(p.Len()).
		double(1 - a.LR*a.WeightDecay).double(a.LR / (1 - math.Pow(a.Beta1, step))).double(math.Sqrt(1 - math.Pow(a.Beta2, step))).double(a.Eps).
		double(a.Beta1).double(1 - a.Beta1).double(a.Beta2).double(1 - a.Beta2).over(p.Len())
}
