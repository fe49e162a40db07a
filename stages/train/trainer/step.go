package trainer

import (
	"context"
	"math"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/trainlog"
)

// step is one optimizer step over a group of batches. Where ctx ends within it, no
// parameter has moved yet: the run stands where it stood before.
func (r *run) step(ctx context.Context, group []batch) error {
	before := r.at
	if err := r.accumulate(group); err != nil && ctx.Err() != nil {
		r.at = before
		return r.stopped(ctx)
	} else if err != nil {
		return err
	}
	if math.IsNaN(r.at.LossSum) || math.IsInf(r.at.LossSum, 0) {
		return exit.Errorf(exit.Failed, "%s: the loss of step %d is not finite: training has diverged; lower learning_rate or set max_grad_norm", r.Name, r.at.Step+1)
	}
	return r.update()
}

// accumulate adds up the gradients of a group, as if it were one large batch.
func (r *run) accumulate(group []batch) error {
	r.params.ZeroGrad()
	var norm float64
	for _, b := range group {
		weight, err := r.learner.weight(b)
		if err != nil {
			return err
		}
		norm += weight
	}
	for _, b := range group {
		r.at.Batch++
		loss, err := r.learner.learn(b, norm, r.at.Batch)
		if err != nil {
			return err
		}
		r.at.LossSum += loss
		r.at.Tokens += r.learner.tokens(b)
	}
	r.at.LossWeight += norm
	return nil
}

// update is AdamW with PyTorch's defaults (torch.optim.AdamW).
func (r *run) update() error {
	adam := kernel.Adam{
		LR: r.plan.at(r.at.Step), Beta1: 0.9, Beta2: 0.999, Eps: 1e-8,
		WeightDecay: r.WeightDecay, Step: r.at.Step + 1,
	}
	if err := r.params.AdamW(adam, r.MaxGradNorm); err != nil {
		return err
	}
	r.at.Step++
	r.at.Group++
	return nil
}

// logTrain writes a line at the first and the last planned step and every
// log_every steps.
func (r *run) logTrain() error {
	if s := r.at.Step; s != 1 && s != r.plan.total && s%r.LogEvery != 0 {
		return nil
	}
	line := trainlog.Line{
		Step: r.at.Step, Epoch: r.at.Epoch + 1, Split: split.Train, Tokens: r.at.Tokens,
		Loss: r.at.LossSum / r.at.LossWeight, LR: r.plan.at(r.at.Step - 1),
	}
	r.at.LossSum, r.at.LossWeight = 0, 0
	return r.log.add(line)
}
