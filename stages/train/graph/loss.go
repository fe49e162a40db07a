package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// lossOp is the end of a graph: weighted losses of rows, summed on the host.
type lossOp struct {
	g       *Graph
	rows    *input // the loss of each row, weighted
	labels  *input
	targets *input
	weights *input // the weight of each row, zero for what is not real
	scale   *input // what the gradient is multiplied by: 1 / denominator
	grad    bool   // Backward wants the gradient
	count   int    // rows in use
	result  Result
	host    gorgonia.F32                 // the loss as Gorgonia's value
	prepare func(Batch) (float64, error) // fills labels and weights, returns their weight
}

// Result is the loss of one run.
type Result struct {
	Loss   float64 // Sum / denominator
	Sum    float64 // Σ weight·loss
	Weight float64 // Σ weight: tokens, rows, or rows·labels
}

func (g *Graph) newLoss(rows, labels int, prepare func(*lossOp, Batch) (float64, error)) *lossOp {
	if g.lossOp != nil {
		g.fail("a graph has one loss")
	}
	l := &lossOp{g: g, rows: g.inputs.floats(g, rows), weights: g.inputs.floats(g, rows), scale: g.inputs.floats(g, 1)}
	if labels > 0 {
		l.targets = g.inputs.floats(g, rows*labels)
	} else {
		l.labels = g.inputs.ints(g, rows)
	}
	l.prepare = func(b Batch) (float64, error) { return prepare(l, b) }
	g.lossOp = l
	return l
}

// start uploads what the batch says, and finish reads the rows' losses.
func (l *lossOp) start(b Batch) error {
	weight, err := l.prepare(b)
	if err != nil {
		return err
	}
	l.result, l.scale.floats[0] = Result{Weight: weight}, 0
	if b.Denominator > 0 {
		weight = b.Denominator
	}
	if weight > 0 {
		l.scale.floats[0] = 1 / weight
	}
	for _, in := range []*input{l.labels, l.targets, l.weights, l.scale} {
		if in != nil {
			if err := in.upload(l.g.Backend()); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *lossOp) finish() error {
	if err := l.rows.download(l.g.Backend()); err != nil {
		return err
	}
	for _, v := range l.rows.floats[:l.count] {
		l.result.Sum += v
	}
	l.result.Loss = l.result.Sum * l.scale.floats[0]
	l.host = gorgonia.F32(l.result.Loss)
	return nil
}

// CrossEntropy is the softmax cross-entropy of logits [batch, classes] with
// Batch.Labels, weighted by Batch.RowWeights and by classWeights (nil: ones),
// divided by the sum of the weights as torch.nn.CrossEntropyLoss does.
func (g *Graph) CrossEntropy(logits *Node, classWeights []float64) *Node {
	if logits.rows != g.opts.Batch || classWeights != nil && len(classWeights) != logits.cols {
		g.fail("cross-entropy: %d rows and %d class weights do not fit batch %d and %d classes", logits.rows, len(classWeights), g.opts.Batch, logits.cols)
	}
	l := g.newLoss(g.opts.Batch, 0, func(l *lossOp, b Batch) (float64, error) {
		return l.classes(b, logits.cols, classWeights)
	})
	return g.logitsLoss("cross_entropy", l, logits, func(b kernel.Backend, d kernel.Buffer, k kernel.Loss) {
		b.SoftmaxLoss(l.rows.buf, d, l.labels.buf, l.weights.buf, l.scale.buf, k)
	})
}

func (l *lossOp) classes(b Batch, classes int, classWeights []float64) (float64, error) {
	if len(b.Labels) != len(b.Lengths) {
		return 0, fmt.Errorf("batch: %d labels for %d rows", len(b.Labels), len(b.Lengths))
	}
	var sum float64
	l.count = l.g.opts.Batch
	for i := range l.count {
		w := b.weight(i)
		l.labels.ints[i] = 0
		if w != 0 {
			if b.Labels[i] < 0 || int(b.Labels[i]) >= classes {
				return 0, fmt.Errorf("batch: the label of row %d is not one of %d classes", i, classes)
			}
			l.labels.ints[i] = b.Labels[i]
			if classWeights != nil {
				w *= classWeights[b.Labels[i]]
			}
		}
		l.weights.floats[i] = w
		sum += w
	}
	return sum, nil
}

// SigmoidCrossEntropy is the binary cross-entropy of logits [batch, labels] with
// Batch.Targets, weighted by Batch.RowWeights; the loss is the mean over rows
// and labels as in torch.nn.BCEWithLogitsLoss.
func (g *Graph) SigmoidCrossEntropy(logits *Node) *Node {
	if logits.rows != g.opts.Batch {
		g.fail("sigmoid cross-entropy: %d rows are not batch %d", logits.rows, g.opts.Batch)
	}
	l := g.newLoss(g.opts.Batch, logits.cols, func(l *lossOp, b Batch) (float64, error) {
		return l.multiLabel(b, logits.cols)
	})
	return g.logitsLoss("sigmoid_cross_entropy", l, logits, func(b kernel.Backend, d kernel.Buffer, k kernel.Loss) {
		b.SigmoidLoss(l.rows.buf, d, l.targets.buf, l.weights.buf, l.scale.buf, k)
	})
}

func (l *lossOp) multiLabel(b Batch, labels int) (float64, error) {
	if len(b.Targets) != len(b.Lengths)*labels {
		return 0, fmt.Errorf("batch: %d targets for %d rows of %d labels", len(b.Targets), len(b.Lengths), labels)
	}
	for i, t := range b.Targets {
		l.targets.floats[i] = float64(t)
	}
	var sum float64
	l.count = l.g.opts.Batch
	for i := range l.count {
		l.weights.floats[i] = b.weight(i)
		sum += l.weights.floats[i] * float64(labels)
	}
	return sum, nil
}

// logitsLoss is a loss over a copy of the logits, which becomes their gradient.
func (g *Graph) logitsLoss(name string, l *lossOp, logits *Node, kern func(kernel.Backend, kernel.Buffer, kernel.Loss)) *Node {
	d := g.node(logits.rows, logits.cols)
	o := &op{name: name, reads: []*Node{logits}, out: g.node(1, 1), side: []*Node{d}, loss: l}
	o.run = func(b kernel.Backend) {
		b.Copy(d.buf(), logits.buf())
		kern(b, d.buf(), kernel.Loss{Rows: d.rows, Cols: d.cols, Grad: l.grad})
	}
	o.back = func(*Node) {
		l.grad = true
		g.addGrad(logits, d)
	}
	d.from = o
	return g.emit(o)
}
