package cuda

import (
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda/driver"
)

// The kernels are in source/elementwise.cu, gate.cu, activation.cu and random.cu.

// Add is y = a + b.
func (d *device) Add(y, a, b kernel.Buffer) {
	d.enter()
	defer d.context.Leave()
	d.kernel("add").buffers(y, a, b).long(y.Len()).over(y.Len())
}

// AddBias adds bias to every row of y.
func (d *device) AddBias(y, bias kernel.Buffer, rows int) {
	d.enter()
	defer d.context.Leave()
	n := rows * bias.Len()
	d.kernel("add_bias").buffers(y, bias).long(n).int(bias.Len()).over(n)
}

// SumRows adds the sum of dy's rows to dbias.
func (d *device) SumRows(dbias, dy kernel.Buffer, rows int) {
	d.enter()
	defer d.context.Leave()
	d.kernel("sum_rows").buffers(dbias, dy).int(rows).int(dbias.Len()).launch(columns(dbias.Len()))
}

// columns is the shape of kernels that sum over rows.
func columns(n int) driver.Shape {
	return driver.Shape{Grid: [3]int{(n + 31) / 32, 1, 1}, Block: [3]int{32, 8, 1}}
}

// Scale is y = factor·x.
func (d *device) Scale(y, x, factor kernel.Buffer, acc bool) {
	d.enter()
	defer d.context.Leave()
	d.kernel("scale").buffers(y, x, factor).long(y.Len()).flag(acc).over(y.Len())
}

// Dot sums in parts, in one order.
func (d *device) Dot(sum, a, b kernel.Buffer) {
	d.enter()
	defer d.context.Leave()
	d.kernel("dot_parts").pointer(d.partial).buffers(a, b).long(a.Len()).grid(partials, 1, 1, threads)
	d.kernel("dot").buffers(sum).pointer(d.partial).int(partials).grid(1, 1, 1, threads)
}

// activations name the kernels of kernel.Function.
var activations = [...]string{kernel.GELU: "activate_gelu", kernel.GELUTanh: "activate_gelu_tanh", kernel.Tanh: "activate_tanh", kernel.ReLU: "activate_relu"}

// Activate is y = f(x).
func (d *device) Activate(y, x kernel.Buffer, f kernel.Function) {
	d.enter()
	defer d.context.Leave()
	d.kernel(activations[f]).buffers(y, x).long(y.Len()).over(y.Len())
}

// ActivateBack is dx = f'(x) ⊙ dy.
func (d *device) ActivateBack(dx, dy, x kernel.Buffer, f kernel.Function) {
	d.enter()
	defer d.context.Leave()
	d.kernel(activations[f]+"_back").buffers(dx, dy, x).long(dx.Len()).over(dx.Len())
}

// SwiGLU is y = silu(gate) ⊙ up.
func (d *device) SwiGLU(y, gate, up kernel.Buffer) {
	d.enter()
	defer d.context.Leave()
	d.kernel("swiglu").buffers(y, gate, up).long(y.Len()).over(y.Len())
}

// SwiGLUBack is the gradient of SwiGLU.
func (d *device) SwiGLUBack(dgate, dup, dy, gate, up kernel.Buffer) {
	d.enter()
	defer d.context.Leave()
	d.kernel("swiglu_back").buffers(dgate, dup, dy, gate, up).long(dy.Len()).over(dy.Len())
}

// Dropout is y = x ⊙ mask / (1-p).
func (d *device) Dropout(y, x, step kernel.Buffer, drop kernel.Drop, acc bool) {
	d.enter()
	defer d.context.Leave()
	d.kernel("dropout").buffers(y, x, step).long(x.Len()).word(uint32(drop.P * (1 << 32))).float(1 / (1 - drop.P)).
		word(uint32(drop.Seed)).word(uint32(drop.Seed >> 32)).word(drop.Stream).flag(acc).over(x.Len())
}

// Normal draws y from a normal distribution of mean 0: a model's weights for a
// benchmark, made where they are used.
func (d *device) Normal(y kernel.Buffer, seed uint64, stream uint32, deviation float64) {
	d.enter()
	defer d.context.Leave()
	d.kernel("normal").buffers(y).long(y.Len()).word(uint32(seed)).word(uint32(seed >> 32)).word(stream).float(deviation).over(y.Len())
}
