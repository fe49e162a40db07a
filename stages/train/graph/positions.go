package graph

import (
	"math"
	"slices"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// Positions looks the position of each row of x [batch·rows, …] up in table [positions,
// hidden]: learned position embeddings, [batch·rows, hidden]. The rows of a sequence have
// the positions from, from+1, …; with Options.Positioned those of a text's tokens are as
// many more as the batch says.
func (g *Graph) Positions(table *Param, x *Node, from int) *Node {
	table = table.now()
	if !g.matrix("positions", table) || !g.sequences("positions", x) || from < 0 {
		g.fail("positions: from %d is below 0", from)
		return x
	}
	return g.gather("positions", table, table.shape[1], g.inputs.positions(g, g.Front(x), from))
}

// positions are the positions of the front rows and the text of each sequence.
func (in *inputs) positions(g *Graph, front, from int) *input {
	for _, p := range in.places {
		if p.front == front && p.from == from {
			return p.input
		}
	}
	p := shifted{front, from, in.ints(g, g.opts.Batch*(front+g.opts.Seq))}
	p.positions(g, Batch{})
	if err := p.upload(g.Backend()); err != nil {
		g.fail("positions: %w", err)
	}
	in.places = append(in.places, p)
	return p.input
}

// positions sets the position of each row.
func (s shifted) positions(g *Graph, b Batch) {
	rows := s.front + g.opts.Seq
	for i := range s.ints {
		s.ints[i] = int32(s.from + g.position(b, i/rows, i%rows, s.front))
	}
}

// position is that of a row of a sequence with front rows before its text.
func (g *Graph) position(b Batch, sequence, row, front int) int {
	if at := sequence*g.opts.Seq + row - front; row >= front && at < len(b.Positions) {
		return front + int(b.Positions[at])
	}
	return row
}

// position computes anew what depends on the batch's positions, and returns it.
func (in *inputs) position(g *Graph, b Batch) (changed []*input) {
	if !g.opts.Positioned {
		return nil
	}
	for _, p := range in.places {
		p.positions(g, b)
		changed = append(changed, p.input)
	}
	for _, t := range in.tables {
		t.turn(g, b)
		changed = append(changed, t.cos, t.sin)
	}
	return changed
}

// angles returns the cosines and sines of position·frequency [rows, dim/2] for the rows of
// one sequence, or of all of them with Options.Positioned.
func (in *inputs) angles(g *Graph, freqs []float64, from, front int) (cos, sin *input) {
	for _, t := range in.tables {
		if t.from == from && t.front == front && slices.Equal(t.freqs, freqs) {
			return t.cos, t.sin
		}
	}
	n := (front + g.opts.Seq) * len(freqs)
	if g.opts.Positioned {
		n *= g.opts.Batch
	}
	t := &table{freqs, from, front, in.floats(g, n), in.floats(g, n)}
	t.turn(g, Batch{})
	for _, i := range []*input{t.cos, t.sin} {
		if err := i.upload(g.Backend()); err != nil {
			g.fail("rope: %w", err)
		}
	}
	in.tables = append(in.tables, t)
	return t.cos, t.sin
}

// turn sets the angles of each row.
func (t *table) turn(g *Graph, b Batch) {
	rows := t.front + g.opts.Seq
	for i := range t.cos.floats {
		row := i / len(t.freqs)
		angle := float64(t.from+g.position(b, row/rows, row%rows, t.front)) * t.freqs[i%len(t.freqs)]
		t.cos.floats[i], t.sin.floats[i] = math.Cos(angle), math.Sin(angle)
	}
}

// gather looks rows of a parameter, seen as a table of cols columns, up: [ids, cols].
func (g *Graph) gather(name string, p *Param, cols int, ids *input) *Node {
	y := g.node(len(ids.ints), cols)
	o := &op{name: name, params: []*Param{p}, out: y}
	o.run = func(b kernel.Backend) { b.Gather(y.buf(), p.value, ids.buf, y.rows, cols) }
	o.back = func(dy *Node) {
		g.accumulate(name+".grad", p, []*Node{dy}, func(b kernel.Backend) {
			b.ScatterAdd(p.grad, dy.buf(), ids.buf, dy.rows, cols)
		})
	}
	return g.emit(o)
}
