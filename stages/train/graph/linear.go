package graph

import "github.com/clinflow/clinflow/stages/train/kernel"

// Linear is x·wᵀ + bias with w [out, in]; bias is nil or [out].
func (g *Graph) Linear(x *Node, w, bias *Param) *Node {
	y := g.product(x, w, nil, 1)
	if bias == nil || y == x {
		return y
	}
	return g.bias(y, bias)
}

// LowRank is one LoRA (Hu et al. 2021, arXiv:2106.09685): A [r, in], B [out, r],
// Scale is lora_alpha/r, Dropout the probability on its input.
type LowRank struct {
	A, B    *Param
	Scale   float64
	Dropout float64
}

// LoRA is y + scale·dropout(x)·Aᵀ·Bᵀ: the update of a linear layer with input x
// [rows, in] and output y [rows, out].
func (g *Graph) LoRA(x, y *Node, l LowRank) *Node {
	down := g.product(g.Dropout(x, l.Dropout), l.A, nil, 1)
	return g.product(down, l.B, y, l.Scale)
}

// product is alpha·x·wᵀ, added to base where that is not nil.
func (g *Graph) product(x *Node, w *Param, base *Node, alpha float64) *Node {
	w = w.now()
	if !g.matrix("linear", w) || w.shape[1] != x.cols || base != nil && base.cols != w.shape[0] {
		g.fail("linear: weight %s %v does not fit an input of %d columns", w.name, w.shape, x.cols)
		return x
	}
	m := kernel.MatMul{M: x.rows, N: w.shape[0], K: x.cols, TransB: true, Alpha: alpha}
	y := g.node(x.rows, w.shape[0])
	o := &op{name: "linear", reads: []*Node{x}, params: []*Param{w}, out: y}
	if base != nil {
		m.Acc = true
		o.name, o.reads, o.inplace = "linear.add", []*Node{x, base}, base
	}
	o.run = func(b kernel.Backend) {
		if base != nil {
			copyUnlessSame(b, y, base)
		}
		b.MatMul(y.buf(), x.buf(), w.value, m)
	}
	o.back = func(dy *Node) {
		g.productWeight(x, w, dy, alpha)
		g.productInput(x, w, dy, alpha)
		if base != nil {
			g.addGrad(base, dy)
		}
	}
	return g.emit(o)
}

// productWeight adds alpha·dyᵀ·x to the gradient of a trained weight.
func (g *Graph) productWeight(x *Node, w *Param, dy *Node, alpha float64) {
	if w.mode == Frozen {
		return
	}
	again := g.again(x)
	m := kernel.MatMul{M: w.shape[0], N: w.shape[1], K: x.rows, TransA: true, Alpha: alpha, Acc: true}
	g.accumulate("linear.grad_weight", w, []*Node{dy, again}, func(b kernel.Backend) {
		b.MatMul(w.grad, dy.buf(), again.buf(), m)
	})
}

// productInput is alpha·dy·w.
func (g *Graph) productInput(x *Node, w *Param, dy *Node, alpha float64) {
	m := kernel.MatMul{M: x.rows, N: w.shape[1], K: w.shape[0], Alpha: alpha}
	g.addInto(x, "linear.grad_input", []*Node{dy}, []*Param{w}, func(b kernel.Backend, dx kernel.Buffer, acc bool) {
		m.Acc = acc
		b.MatMul(dx, dy.buf(), w.value, m)
	})
}

func (g *Graph) bias(x *Node, bias *Param) *Node {
	bias = bias.now()
	if bias.Len() != x.cols {
		g.fail("linear: bias %s has %d elements, not %d", bias.name, bias.Len(), x.cols)
		return x
	}
	y := g.node(x.rows, x.cols)
	o := &op{name: "bias", reads: []*Node{x}, params: []*Param{bias}, out: y, inplace: x}
	o.run = func(b kernel.Backend) {
		copyUnlessSame(b, y, x)
		b.AddBias(y.buf(), bias.value, y.rows)
	}
	o.back = func(dy *Node) {
		g.accumulate("bias.grad", bias, []*Node{dy}, func(b kernel.Backend) {
			b.SumRows(bias.grad, dy.buf(), dy.rows)
		})
		g.addGrad(x, dy)
	}
	return g.emit(o)
}

// Dropout zeroes each element with probability p and divides the others by 1-p,
// where Options.Training is set. Its mask is never stored: it is a function of
// Options.Seed, Batch.Step, the place of the call in the graph, and the element.
func (g *Graph) Dropout(x *Node, p float64) *Node {
	d := g.nextDrop("dropout", p)
	if d.P == 0 {
		return x
	}
	return g.drop(x, d)
}

// nextDrop names the random numbers of the next place where something is dropped. P is 0
// where nothing is; the place is counted all the same, so that a stream belongs to it.
func (g *Graph) nextDrop(name string, p float64) kernel.Drop {
	if !(p >= 0 && p < 1) {
		g.fail("%s: probability %g is not in [0, 1)", name, p)
		return kernel.Drop{}
	}
	g.drops++
	if !g.opts.Training {
		return kernel.Drop{}
	}
	return kernel.Drop{P: p, Seed: g.opts.Seed, Stream: g.drops}
}

func (g *Graph) drop(x *Node, d kernel.Drop) *Node {
	y, step := g.node(x.rows, x.cols), g.inputs.step(g)
	o := &op{name: "dropout", reads: []*Node{x}, out: y, redo: func() *Node { return g.drop(x, d) }}
	o.run = func(b kernel.Backend) { b.Dropout(y.buf(), x.buf(), step.buf, d, false) }
	o.back = func(dy *Node) {
		g.addInto(x, "dropout.grad", []*Node{dy}, nil, func(b kernel.Backend, dx kernel.Buffer, acc bool) {
			b.Dropout(dx, dy.buf(), step.buf, d, acc)
		})
	}
	return g.emit(o)
}

// again returns x, computed once more where that costs less than keeping it.
func (g *Graph) again(x *Node) *Node {
	if x.from != nil && x.from.redo != nil {
		return x.from.redo()
	}
	return x
}

func copyUnlessSame(b kernel.Backend, y, x *Node) {
	if y.place.offset != x.place.offset {
		b.Copy(y.buf(), x.buf())
	}
}
