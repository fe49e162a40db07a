package graph

import "github.com/clinflow/clinflow/stages/train/kernel"

// Prepend puts the rows of front [batch·n, cols] before those of x [batch·rows, cols] in
// each sequence: [batch·(n+rows), cols]. All later ops take such an x: its texts begin n
// rows later.
func (g *Graph) Prepend(front, x *Node) *Node {
	batch := g.opts.Batch
	if front.cols != x.cols || front.rows%batch != 0 || x.rows%batch != 0 {
		g.fail("prepend: [%d, %d] does not fit before [%d, %d] of batch %d", front.rows, front.cols, x.rows, x.cols, batch)
		return x
	}
	n := front.rows / batch
	y := g.node(front.rows+x.rows, x.cols)
	o := &op{name: "prepend", reads: []*Node{front, x}, out: y}
	o.run = func(b kernel.Backend) {
		g.eachSequence(y, front, 0, func(whole, part kernel.Buffer) { b.Copy(whole, part) })
		g.eachSequence(y, x, n, func(whole, part kernel.Buffer) { b.Copy(whole, part) })
	}
	o.back = func(dy *Node) {
		for _, part := range []struct {
			node *Node
			at   int
		}{{front, 0}, {x, n}} {
			if part.node.needs {
				g.addGrad(part.node, g.emit(g.cut("prepend.grad", dy, part.node.rows, part.at)))
			}
		}
	}
	return g.emit(o)
}

// Text drops what stands in front of each sequence's text: [batch·seq, cols].
func (g *Graph) Text(x *Node) *Node {
	if !g.sequences("text", x) || g.Front(x) == 0 {
		return x
	}
	return g.behind(x, g.Front(x))
}

// behind drops the first n rows of each sequence of x.
func (g *Graph) behind(x *Node, n int) *Node {
	o := g.cut("behind", x, x.rows-n*g.opts.Batch, n)
	o.back = func(dy *Node) {
		dx := g.node(x.rows, x.cols)
		g.emit(&op{name: "behind.grad", reads: []*Node{dy}, out: dx, run: func(b kernel.Backend) {
			b.Fill(dx.buf(), 0)
			g.eachSequence(dx, dy, n, func(whole, part kernel.Buffer) { b.Copy(whole, part) })
		}})
		g.addGrad(x, dx)
	}
	return g.emit(o)
}

// cut copies rows rows of x in all, as many of each sequence, from row at of it on.
func (g *Graph) cut(name string, x *Node, rows, at int) *op {
	y := g.node(rows, x.cols)
	return &op{name: name, reads: []*Node{x}, out: y, run: func(b kernel.Backend) {
		g.eachSequence(x, y, at, func(whole, part kernel.Buffer) { b.Copy(part, whole) })
	}}
}

// eachSequence gives f the rows of each sequence of part, and those that they are in
// whole, where they begin with row at of the sequence.
func (g *Graph) eachSequence(whole, part *Node, at int, f func(whole, part kernel.Buffer)) {
	long, short := whole.rows/g.opts.Batch*whole.cols, part.rows/g.opts.Batch*part.cols
	for i := range g.opts.Batch {
		from := i*long + at*whole.cols
		f(whole.buf().Slice(from, from+short), part.buf().Slice(i*short, (i+1)*short))
	}
}
