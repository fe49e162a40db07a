package graph

import "github.com/clinflow/clinflow/stages/train/kernel"

// LayerNorm is (x - mean) / sqrt(var + eps) · w + bias over the last dimension (Ba et al.
// 2016, arXiv:1607.06450).
func (g *Graph) LayerNorm(x *Node, w, bias *Param, eps float64) *Node {
	w, bias = w.now(), bias.now()
	if w.Len() != x.cols || bias.Len() != x.cols {
		g.fail("layernorm: weight %s and bias %s have %d and %d elements, their input %d columns", w.name, bias.name, w.Len(), bias.Len(), x.cols)
		return x
	}
	n := kernel.Norm{Rows: x.rows, Cols: x.cols, Eps: eps}
	y, mean, rstd := g.node(x.rows, x.cols), g.sums(x.rows, 1), g.sums(x.rows, 1)
	o := &op{name: "layernorm", reads: []*Node{x}, params: []*Param{w, bias}, out: y, side: []*Node{mean, rstd}}
	o.run = func(b kernel.Backend) {
		b.LayerNorm(y.buf(), mean.buf(), rstd.buf(), x.buf(), w.value, bias.value, n)
	}
	o.back = func(dy *Node) {
		reads, back := []*Node{dy, x, mean, rstd}, func(b kernel.Backend, dx kernel.Buffer, acc bool) {
			b.LayerNormBack(dx, w.grad, bias.grad, dy.buf(), x.buf(), w.value, mean.buf(), rstd.buf(), n, acc)
		}
		if !x.needs {
			g.emit(&op{name: "layernorm.grad", reads: reads, params: o.params, run: func(b kernel.Backend) { back(b, nil, false) }})
			return
		}
		g.addInto(x, "layernorm.grad", reads, o.params, back)
	}
	return g.emit(o)
}

// Activate is f of each number of x.
func (g *Graph) Activate(x *Node, f kernel.Function) *Node {
	y := g.node(x.rows, x.cols)
	o := &op{name: "activation", reads: []*Node{x}, out: y}
	o.run = func(b kernel.Backend) { b.Activate(y.buf(), x.buf(), f) }
	o.back = func(dy *Node) {
		dx := g.node(x.rows, x.cols)
		g.emit(&op{name: "activation.grad", reads: []*Node{dy, x}, out: dx, inplace: dy, run: func(b kernel.Backend) {
			b.ActivateBack(dx.buf(), dy.buf(), x.buf(), f)
		}})
		g.addGrad(x, dx)
	}
	return g.emit(o)
}

// Gated is a + gate[0]·x.
func (g *Graph) Gated(a, x *Node, gate *Param) *Node {
	gate = gate.now()
	if !g.same("gated", a, x) || gate.Len() != 1 {
		g.fail("gated: parameter %s is not one number", gate.name)
		return a
	}
	y := g.node(a.rows, a.cols)
	o := &op{name: "gated", reads: []*Node{a, x}, params: []*Param{gate}, out: y, inplace: a}
	o.run = func(b kernel.Backend) {
		copyUnlessSame(b, y, a)
		b.Scale(y.buf(), x.buf(), gate.value, true)
	}
	o.back = func(dy *Node) {
		g.accumulate("gated.grad_gate", gate, []*Node{dy, x}, func(b kernel.Backend) { b.Dot(gate.grad, dy.buf(), x.buf()) })
		g.addInto(x, "gated.grad", []*Node{dy}, []*Param{gate}, func(b kernel.Backend, dx kernel.Buffer, acc bool) {
			b.Scale(dx, dy.buf(), gate.value, acc)
		})
		g.addGrad(a, dy)
	}
	return g.emit(o)
}
