package cpu

import (
	"math"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// SoftmaxLoss is loss[i] = weights[i]·(logsumexp(logits[i,:]) - logits[i,label]).
func (d *device[T]) SoftmaxLoss(loss, logits, labels, weights, scale kernel.Buffer, l kernel.Loss) {
	ls, xs, is, ws, s := d.of(loss), d.of(logits), intsOf(labels), d.of(weights), d.of(scale)[0]
	d.parallel(l.Rows, 1, func(w *worker[T], lo, hi int) {
		w.row = grown(w.row, l.Cols)
		for r := lo; r < hi; r++ {
			x := xs[r*l.Cols : (r+1)*l.Cols]
			if ls[r] = 0; ws[r] == 0 {
				if l.Grad {
					clear(x)
				}
				continue
			}
			ls[r] = ws[r] * d.softmaxRow(x, w.row[:l.Cols], int(is[r]), ws[r]*s, l.Grad)
		}
	})
}

// softmaxRow returns the cross-entropy of x and, with grad, replaces x by its
// gradient times scale.
func (d *device[T]) softmaxRow(x, e []T, label int, scale T, grad bool) T {
	top, at := d.largest(x), x[label]
	sum := d.exp(e, x, top)
	if grad {
		d.scale(x, e, scale/sum)
		x[label] -= scale
	}
	return top + T(math.Log(float64(sum))) - at
}

// SigmoidLoss is the binary cross-entropy max(x,0) - x·t + log(1+exp(-|x|)),
// summed over the row and weighted.
func (d *device[T]) SigmoidLoss(loss, logits, targets, weights, scale kernel.Buffer, l kernel.Loss) {
	ls, xs, ts, ws, s := d.of(loss), d.of(logits), d.of(targets), d.of(weights), float64(d.of(scale)[0])
	for r := range l.Rows {
		var sum float64
		x, t := xs[r*l.Cols:(r+1)*l.Cols], ts[r*l.Cols:(r+1)*l.Cols]
		for j := range x {
			v, target := float64(x[j]), float64(t[j])
			sum += max(v, 0) - v*target + math.Log1p(math.Exp(-math.Abs(v)))
			if l.Grad {
				x[j] = T(float64(ws[r]) * s * (1/(1+math.Exp(-v)) - target))
			}
		}
		if ls[r] = 0; ws[r] != 0 {
			ls[r] = ws[r] * T(sum)
		}
	}
}
