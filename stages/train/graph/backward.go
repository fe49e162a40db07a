package graph

import "github.com/clinflow/clinflow/stages/train/kernel"

// Backward writes the gradient of loss into the graph: for each op from the last
// to the first, only where a trainable parameter lies below. Machine.Run then
// adds to the gradients of those parameters.
func (g *Graph) Backward(loss *Node) {
	if g.loss != nil || loss.from == nil || loss.from.back == nil {
		g.fail("backward needs the one loss of the graph, once")
		return
	}
	g.loss = loss
	if !loss.needs {
		g.fail("no trainable parameter lies below the loss")
		return
	}
	loss.grad = loss
	g.reverse(0, len(g.ops))
}

// reverse writes the gradients of the ops [lo, hi).
func (g *Graph) reverse(lo, hi int) {
	for i := hi - 1; i >= lo; i-- {
		o := g.ops[i]
		if o.out != nil && o.out.needs && o.out.grad != nil {
			o.back(o.out.grad)
		}
	}
}

// addGrad adds the fresh gradient d to that of x.
func (g *Graph) addGrad(x, d *Node) {
	switch {
	case !x.needs:
	case x.grad == nil:
		x.grad = d
	default:
		x.grad = g.emit(g.sum("add.grad", x.grad, d))
	}
}

// addInto emits an op that computes a gradient of x; where x has one already the
// kernel adds to it, in place if nothing else reads it.
func (g *Graph) addInto(x *Node, name string, reads []*Node, params []*Param, run func(b kernel.Backend, dx kernel.Buffer, acc bool)) {
	if !x.needs {
		return
	}
	dx, before := g.node(x.rows, x.cols), x.grad
	o := &op{name: name, reads: reads, params: params, out: dx}
	if before == nil {
		o.run = func(b kernel.Backend) { run(b, dx.buf(), false) }
	} else {
		o.reads, o.inplace = append(o.reads, before), before
		o.run = func(b kernel.Backend) {
			copyUnlessSame(b, dx, before)
			run(b, dx.buf(), true)
		}
	}
	x.grad = g.emit(o)
}

// accumulate emits an op that adds to the gradient of p, where p is trained.
func (g *Graph) accumulate(name string, p *Param, reads []*Node, run func(b kernel.Backend)) {
	if p.mode == Trainable {
		g.emit(&op{name: name, reads: reads, params: []*Param{p}, run: run})
	}
}

// Checkpoint is f(x). Where Options.Checkpointing is set, nothing that f makes but
// its result is kept for the gradient: f is run once more on the way back, from x
// (Chen et al. 2016, arXiv:1604.06174). The result has the same bytes either way.
// f adds ops to g and nothing else.
func (g *Graph) Checkpoint(x *Node, f func(x *Node) *Node) *Node {
	first, drops := len(g.ops), g.drops
	y := f(x)
	if !g.opts.Checkpointing || !y.needs || y == x {
		return y
	}
	for _, o := range g.ops[first:] {
		o.back = nil
	}
	y.from.back = func(dy *Node) {
		after, again := g.drops, len(g.ops)
		g.drops = drops // the same places: the same masks
		f(x).grad = dy
		g.drops = after
		g.reverse(again, len(g.ops))
	}
	return y
}
