package cuda

import "github.com/clinflow/clinflow/stages/train/kernel"

// lossThreads is the block of a row of logits: see source/loss.cu.
const lossThreads = 512

// SoftmaxLoss is loss[i] = weights[i]·(logsumexp(logits[i,:]) - logits[i,label]).
func (d *device) SoftmaxLoss(loss, logits, labels, weights, scale kernel.Buffer, l kernel.Loss) {
	d.enter()
	defer d.context.Leave()
	d.kernel("softmax_loss").buffers(loss, logits, labels, weights, scale).int(l.Cols).flag(l.Grad).grid(l.Rows, 1, 1, lossThreads)
}

// SigmoidLoss is the binary cross-entropy, summed over a row.
func (d *device) SigmoidLoss(loss, logits, targets, weights, scale kernel.Buffer, l kernel.Loss) {
	d.enter()
	defer d.context.Leave()
	d.kernel("sigmoid_loss").buffers(loss, logits, targets, weights, scale).int(l.Cols).flag(l.Grad).grid(l.Rows, 1, 1, lossThreads)
}
