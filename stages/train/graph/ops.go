package graph

import "github.com/clinflow/clinflow/stages/train/kernel"

// RMSNorm is x / sqrt(mean(x²) + eps) · w over the last dimension (Zhang and
// Sennrich 2019, arXiv:1910.07467).
func (g *Graph) RMSNorm(x *Node, w *Param, eps float64) *Node {
	w = w.now()
	if w.Len() != x.cols {
		g.fail("rmsnorm: weight %s has %d elements, its input %d columns", w.name, w.Len(), x.cols)
		return x
	}
	n := kernel.Norm{Rows: x.rows, Cols: x.cols, Eps: eps}
	y, rstd := g.node(x.rows, x.cols), g.sums(x.rows, 1)
	o := &op{name: "rmsnorm", reads: []*Node{x}, params: []*Param{w}, out: y, side: []*Node{rstd}}
	o.run = func(b kernel.Backend) { b.RMSNorm(y.buf(), rstd.buf(), x.buf(), w.value, n) }
	o.back = func(dy *Node) {
		if !x.needs {
			g.accumulate("rmsnorm.grad", w, []*Node{dy, x, rstd}, func(b kernel.Backend) {
				b.RMSNormBack(nil, w.grad, dy.buf(), x.buf(), w.value, rstd.buf(), n, false)
			})
			return
		}
		g.addInto(x, "rmsnorm.grad", []*Node{dy, x, rstd}, []*Param{w}, func(b kernel.Backend, dx kernel.Buffer, acc bool) {
			b.RMSNormBack(dx, w.grad, dy.buf(), x.buf(), w.value, rstd.buf(), n, acc)
		})
	}
	return g.emit(o)
}

// SwiGLU is silu(gate) ⊙ up (Shazeer 2020, arXiv:2002.05202).
func (g *Graph) SwiGLU(gate, up *Node) *Node {
	if !g.same("swiglu", gate, up) {
		return gate
	}
	y := g.node(gate.rows, gate.cols)
	o := &op{name: "swiglu", reads: []*Node{gate, up}, out: y}
	o.run = func(b kernel.Backend) { b.SwiGLU(y.buf(), gate.buf(), up.buf()) }
	o.back = func(dy *Node) {
		dgate, dup := g.node(gate.rows, gate.cols), g.node(up.rows, up.cols)
		g.emit(&op{name: "swiglu.grad", reads: []*Node{dy, gate, up}, out: dgate, side: []*Node{dup}, run: func(b kernel.Backend) {
			b.SwiGLUBack(dgate.buf(), dup.buf(), dy.buf(), gate.buf(), up.buf())
		}})
		dup.from = dgate.from
		g.addGrad(gate, dgate)
		g.addGrad(up, dup)
	}
	return g.emit(o)
}

// Add is a + b: the residual.
func (g *Graph) Add(a, b *Node) *Node {
	if !g.same("add", a, b) {
		return a
	}
	o := g.sum("add", a, b)
	o.back = func(dy *Node) {
		g.addGrad(a, dy)
		g.addGrad(b, dy)
	}
	return g.emit(o)
}

func (g *Graph) sum(name string, a, b *Node) *op {
	y := g.node(a.rows, a.cols)
	return &op{name: name, reads: []*Node{a, b}, out: y, inplace: a, run: func(k kernel.Backend) {
		k.Add(y.buf(), a.buf(), b.buf())
	}}
}

// LastToken picks the last real token of each sequence: [batch, cols].
func (g *Graph) LastToken(x *Node) *Node {
	if !g.sequences("last token", x) {
		return x
	}
	return g.pick("last_token", x, x.cols, g.inputs.last(g, g.Front(x)))
}

func (g *Graph) same(name string, a, b *Node) bool {
	if a.rows != b.rows || a.cols != b.cols {
		g.fail("%s: [%d, %d] and [%d, %d] differ", name, a.rows, a.cols, b.rows, b.cols)
		return false
	}
	return true
}

func (g *Graph) matrix(name string, p *Param) bool {
	if len(p.shape) != 2 {
		g.fail("%s: parameter %s has shape %v, not a matrix", name, p.name, p.shape)
		return false
	}
	return true
}
