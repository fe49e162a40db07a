package graph

import "github.com/clinflow/clinflow/stages/train/kernel"

// LSTM are the weights of one direction of a layer of torch.nn.LSTM, whose rows are those
// of the input, forget, cell and output gate.
type LSTM struct {
	InputWeight  *Param // weight_ih [4·hidden, in]
	HiddenWeight *Param // weight_hh [4·hidden, hidden]
	InputBias    *Param // bias_ih [4·hidden]
	HiddenBias   *Param // bias_hh [4·hidden]
	Reverse      bool   // from the last row to the first
}

// LSTM reads the rows of x [steps, in], one after the other, from a state of zeros
// (Hochreiter and Schmidhuber 1997): [steps, hidden], the output after each.
func (g *Graph) LSTM(x *Node, l LSTM) *Node {
	w := l.HiddenWeight.now()
	if !g.matrix("lstm", w) || w.shape[0] != 4*w.shape[1] {
		g.fail("lstm: weight %s %v is not of four gates", w.name, w.shape)
		return x
	}
	sums := g.bias(g.Linear(x, l.InputWeight, l.InputBias), l.HiddenBias)
	n := w.shape[1]
	r := &recurrence{w: w, reverse: l.Reverse, steps: x.rows, hidden: n,
		gates: g.node(x.rows, 4*n), state: g.node(x.rows, n), out: g.node(x.rows, n)}
	o := &op{name: "lstm", reads: []*Node{sums}, params: []*Param{w}, out: r.out, side: []*Node{r.gates, r.state}}
	o.run = func(b kernel.Backend) { r.forward(b, sums) }
	o.back = func(dy *Node) {
		dsums, dout, dstate := g.node(x.rows, 4*n), g.node(x.rows, n), g.node(1, n)
		g.emit(&op{name: "lstm.grad", reads: []*Node{dy, r.gates, r.state}, params: []*Param{w}, out: dsums, side: []*Node{dout, dstate}, run: func(b kernel.Backend) {
			b.Copy(dout.buf(), dy.buf())
			b.Fill(dstate.buf(), 0)
			r.backward(b, dsums, dout, dstate)
		}})
		r.weight(g, dsums)
		g.addGrad(sums, dsums)
	}
	return g.emit(o)
}

// recurrence goes through the rows of an LSTM.
type recurrence struct {
	w                 *Param
	reverse           bool
	steps, hidden     int
	gates, state, out *Node // [steps, …], by rows
}

// row is the row of a step, and the one of the step before it; -1 at the first.
func (r *recurrence) row(step int) (row, before int) {
	if r.reverse {
		row, before = r.steps-1-step, r.steps-step
	} else {
		row, before = step, step-1
	}
	if step == 0 {
		before = -1
	}
	return row, before
}

// at is a row's numbers, nil for no row.
func (n *Node) at(row int) kernel.Buffer {
	if row < 0 {
		return nil
	}
	return n.buf().Slice(row*n.cols, (row+1)*n.cols)
}

func (r *recurrence) forward(b kernel.Backend, sums *Node) {
	b.Copy(r.gates.buf(), sums.buf())
	for step := range r.steps {
		row, before := r.row(step)
		if before >= 0 {
			b.MatMul(r.gates.at(row), r.out.at(before), r.w.value, kernel.MatMul{M: 1, N: 4 * r.hidden, K: r.hidden, TransB: true, Alpha: 1, Acc: true})
		}
		b.LSTMCell(r.out.at(row), r.state.at(row), r.gates.at(row), r.state.at(before))
	}
}

func (r *recurrence) backward(b kernel.Backend, dsums, dout, dstate *Node) {
	for step := r.steps - 1; step >= 0; step-- {
		row, before := r.row(step)
		b.LSTMCellBack(dsums.at(row), dstate.buf(), dout.at(row), r.gates.at(row), r.state.at(row), r.state.at(before))
		if before >= 0 {
			b.MatMul(dout.at(before), dsums.at(row), r.w.value, kernel.MatMul{M: 1, N: r.hidden, K: 4 * r.hidden, Alpha: 1, Acc: true})
		}
	}
}

// weight is the sum over the steps but the first of the gates' gradient and the output
// before: neighbouring rows.
func (r *recurrence) weight(g *Graph, dsums *Node) {
	n := r.steps - 1
	if n == 0 {
		return
	}
	from, before := 1, 0
	if r.reverse {
		from, before = 0, 1
	}
	rows := func(x *Node, at int) kernel.Buffer { return x.buf().Slice(at*x.cols, (at+n)*x.cols) }
	m := kernel.MatMul{M: 4 * r.hidden, N: r.hidden, K: n, TransA: true, Alpha: 1, Acc: true}
	g.accumulate("lstm.grad_weight", r.w, []*Node{dsums, r.out}, func(b kernel.Backend) {
		b.MatMul(r.w.grad, rows(dsums, from), rows(r.out, before), m)
	})
}
