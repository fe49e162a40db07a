package graph

import (
	"fmt"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// LMLoss is the mean cross-entropy of predicting each next token from x
// [batch·rows, hidden] through head [vocab, hidden], which may be the embedding's
// table. Padding is no target, nor is the first token of a sequence, unless rows in
// front of it (see Prepend) predict it. The logits
// are made and turned into gradients a chunk of rows at a time, and only for
// rows that have a target; on a backend that records, the last chunk is filled up
// with rows of no weight, so that every run launches the same.
func (g *Graph) LMLoss(x *Node, head *Param) *Node {
	head = head.now()
	if !g.matrix("lm loss", head) || head.shape[1] != x.cols || !g.sequences("lm loss", x) {
		g.fail("lm loss: head %s %v does not fit an input of %d rows and %d columns", head.name, head.shape, x.rows, x.cols)
		return x
	}
	c := &lmChunks{g: g, x: x, head: head, rows: min(x.rows, g.Backend().ChunkRows(head.shape[0]))}
	chunks := (x.rows + c.rows - 1) / c.rows
	if _, c.whole = g.Backend().(kernel.Recorder); c.whole {
		c.rows = (x.rows + chunks - 1) / chunks // as equal as can be: less is filled up
	}
	c.logits, c.in = g.node(c.rows, head.shape[0]), g.node(c.rows, x.cols)
	places := chunks * c.rows
	c.index, c.loss = g.inputs.ints(g, places), g.newLoss(places, 0, c.prepare)
	o := &op{name: "lm_loss", reads: []*Node{x}, params: []*Param{head}, out: g.node(1, 1), side: []*Node{c.logits, c.in}, loss: c.loss}
	o.run = c.run
	o.back = func(*Node) {
		c.loss.grad = true
		if x.needs {
			c.dx, c.din = g.node(x.rows, x.cols), g.node(c.rows, x.cols)
			c.dx.from, o.side = o, append(o.side, c.dx, c.din)
			g.addGrad(x, c.dx)
		}
	}
	return g.emit(o)
}

// lmChunks is the state of LMLoss.
type lmChunks struct {
	g       *Graph
	x       *Node
	head    *Param
	loss    *lossOp
	index   *input // rows of x that have a target
	rows    int    // of a chunk
	whole   bool   // the number of chunks and their rows are the same in every run
	logits  *Node  // [rows, vocab], then their gradient
	in, din *Node  // [rows, hidden]: a chunk of x and its gradient
	dx      *Node  // nil: not wanted
}

// prepare lists the rows with a target: token t predicts token t+1, and the row before
// token 0, where there is one, predicts that.
func (c *lmChunks) prepare(l *lossOp, b Batch) (float64, error) {
	seq, vocab, front := c.g.opts.Seq, c.head.shape[0], c.g.Front(c.x)
	first := -min(front, 1)
	var sum float64
	l.count = 0
	for i, length := range b.Lengths {
		w := b.weight(i)
		for t := first; w != 0 && t+1 < int(length); t++ {
			if b.untaught(i*seq+t+1, seq) {
				continue
			}
			label := b.InputIDs[i*seq+t+1]
			if label < 0 || int(label) >= vocab {
				return 0, fmt.Errorf("batch: a token of row %d is outside the vocabulary of %d", i, vocab)
			}
			c.index.ints[l.count], l.labels.ints[l.count], l.weights.floats[l.count] = int32(i*(front+seq)+front+t), label, w
			sum += w
			l.count++
		}
	}
	if c.whole {
		c.fill(l)
	}
	return sum, c.index.upload(c.g.Backend())
}

// fill gives what is left of the places no weight.
func (c *lmChunks) fill(l *lossOp) {
	clear(c.index.ints[l.count:])
	clear(l.labels.ints[l.count:])
	clear(l.weights.floats[l.count:])
	l.count = len(l.weights.floats)
}

func (c *lmChunks) run(b kernel.Backend) {
	if c.dx != nil {
		b.Fill(c.dx.buf(), 0)
	}
	for lo := 0; lo < c.loss.count; lo += c.rows {
		c.chunk(b, lo, min(c.rows, c.loss.count-lo))
	}
}

// chunk does rows [lo, lo+n) of the index.
func (c *lmChunks) chunk(b kernel.Backend, lo, n int) {
	l, vocab, hidden := c.loss, c.head.shape[0], c.x.cols
	at := func(in *input) kernel.Buffer { return in.buf.Slice(lo, lo+n) }
	logits, in := c.logits.buf(), c.in.buf()
	b.Gather(in, c.x.buf(), at(c.index), n, hidden)
	b.MatMul(logits, in, c.head.value, kernel.MatMul{M: n, N: vocab, K: hidden, TransB: true, Alpha: 1})
	b.SoftmaxLoss(at(l.rows), logits, at(l.labels), at(l.weights), l.scale.buf, kernel.Loss{Rows: n, Cols: vocab, Grad: l.grad})
	if l.grad && c.head.mode == Trainable {
		b.MatMul(c.head.grad, logits, in, kernel.MatMul{M: vocab, N: hidden, K: n, TransA: true, Alpha: 1, Acc: true})
	}
	if c.dx != nil {
		b.MatMul(c.din.buf(), logits, c.head.value, kernel.MatMul{M: n, N: hidden, K: vocab, Alpha: 1})
		b.ScatterAdd(c.dx.buf(), c.din.buf(), at(c.index), n, hidden)
	}
}
