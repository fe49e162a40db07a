package graph

import "github.com/clinflow/clinflow/stages/train/kernel"

// Select picks rows of x, seen as a table [x's numbers / cols, cols], by their numbers ids:
// [ids, cols]. A row may be picked many times.
func (g *Graph) Select(x *Node, cols int, ids []int32) *Node {
	if !g.table("select", x.rows*x.cols, cols, ids) {
		return x
	}
	return g.pick("select", x, cols, g.inputs.constant(g, ids))
}

// Lookup is Select of a parameter.
func (g *Graph) Lookup(p *Param, cols int, ids []int32) *Node {
	p = p.now()
	if !g.table("lookup", p.Len(), cols, ids) {
		return g.node(1, 1)
	}
	return g.gather("lookup", p, cols, g.inputs.constant(g, ids))
}

// Repeat is p [n, cols] once for each sequence: [batch·n, cols].
func (g *Graph) Repeat(p *Param) *Node {
	if !g.matrix("repeat", p) {
		return g.node(1, 1)
	}
	return g.Lookup(p, p.shape[1], g.eachSequenceOf(p.shape[0]))
}

// RepeatRows is x [n, cols] once for each sequence: [batch·n, cols].
func (g *Graph) RepeatRows(x *Node) *Node {
	return g.Select(x, x.cols, g.eachSequenceOf(x.rows))
}

// FirstToken picks the first row of each sequence, which may stand in front of its text:
// [batch, cols].
func (g *Graph) FirstToken(x *Node) *Node {
	if !g.sequences("first token", x) {
		return x
	}
	ids := make([]int32, g.opts.Batch)
	for i := range ids {
		ids[i] = int32(i * (x.rows / g.opts.Batch))
	}
	return g.Select(x, x.cols, ids)
}

// eachSequenceOf are the numbers 0, …, n-1 once for each sequence.
func (g *Graph) eachSequenceOf(n int) []int32 {
	ids := make([]int32, g.opts.Batch*n)
	for i := range ids {
		ids[i] = int32(i % n)
	}
	return ids
}

func (g *Graph) table(name string, numbers, cols int, ids []int32) bool {
	ok := cols > 0 && numbers%cols == 0 && len(ids) > 0
	for _, id := range ids {
		ok = ok && id >= 0 && int(id) < numbers/cols
	}
	if !ok {
		g.fail("%s: %d rows of %d columns are not in a table of %d numbers", name, len(ids), cols, numbers)
	}
	return ok
}

// pick looks rows of x, seen as a table of cols columns, up: [ids, cols].
func (g *Graph) pick(name string, x *Node, cols int, ids *input) *Node {
	y := g.node(len(ids.ints), cols)
	o := &op{name: name, reads: []*Node{x}, out: y}
	o.run = func(b kernel.Backend) { b.Gather(y.buf(), x.buf(), ids.buf, y.rows, cols) }
	o.back = func(dy *Node) {
		g.addInto(x, name+".grad", []*Node{dy}, nil, func(b kernel.Backend, dx kernel.Buffer, acc bool) {
			if !acc {
				b.Fill(dx, 0)
			}
			b.ScatterAdd(dx, dy.buf(), ids.buf, dy.rows, cols)
		})
	}
	return g.emit(o)
}

// Beside puts the columns of a and b [rows, …] side by side.
func (g *Graph) Beside(a, b *Node) *Node {
	if a.rows != b.rows {
		g.fail("beside: %d and %d rows", a.rows, b.rows)
		return a
	}
	y := g.node(a.rows, a.cols+b.cols)
	o := &op{name: "beside", reads: []*Node{a, b}, out: y}
	o.run = func(k kernel.Backend) {
		y.columns(a, 0, func(whole, part kernel.Buffer) { k.Copy(whole, part) })
		y.columns(b, a.cols, func(whole, part kernel.Buffer) { k.Copy(whole, part) })
	}
	o.back = func(dy *Node) {
		g.besideBack(a, dy, 0)
		g.besideBack(b, dy, a.cols)
	}
	return g.emit(o)
}

func (g *Graph) besideBack(part, dy *Node, at int) {
	if !part.needs {
		return
	}
	d := g.node(part.rows, part.cols)
	g.addGrad(part, g.emit(&op{name: "beside.grad", reads: []*Node{dy}, out: d, run: func(k kernel.Backend) {
		dy.columns(d, at, func(whole, part kernel.Buffer) { k.Copy(part, whole) })
	}}))
}

// columns gives f each row of part, and where it is in n, from column at on.
func (n *Node) columns(part *Node, at int, f func(whole, part kernel.Buffer)) {
	for i := range part.rows {
		from := i*n.cols + at
		f(n.buf().Slice(from, from+part.cols), part.buf().Slice(i*part.cols, (i+1)*part.cols))
	}
}
