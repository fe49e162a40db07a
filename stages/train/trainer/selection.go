package trainer

import (
	"context"
	"errors"

	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/trainlog"
)

// validation is what was measured on val: the mean loss, and where the task has
// labels the AUROC (nil where val holds one class only).
type validation struct {
	loss  float64
	auroc *float64
}

// score is the AUROC, or without one minus the loss: the higher, the better.
func (v validation) score() float64 {
	if v.auroc != nil {
		return *v.auroc
	}
	return -v.loss
}

// measureBefore measures the loss on val before the first step. A resumed run finds it
// in its training checkpoint and does not measure again.
func (r *run) measureBefore(ctx context.Context) error {
	if !r.Before || r.at.Step > 0 || r.at.Before != nil {
		return nil
	}
	v, ok, err := r.learner.validate(ctx)
	if err != nil || !ok {
		return r.interrupted(ctx, err)
	}
	r.at.Before = &v.loss
	return r.save(ctx)
}

// interrupted returns err; where err comes from a cancelled ctx it saves and returns
// what stopped says.
func (r *run) interrupted(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return r.stopped(ctx)
	}
	return err
}

// endEpoch validates, remembers whether the epoch was the best so far, and writes
// a training checkpoint.
func (r *run) endEpoch(ctx context.Context) error {
	v, ok, err := r.learner.validate(ctx)
	if err != nil {
		return r.interrupted(ctx, err)
	}
	if ok {
		r.at.Val = &v.loss
		if err := errors.Join(r.keep(v), r.logVal(v)); err != nil {
			return err
		}
	}
	r.at.Epoch, r.at.Group = r.at.Epoch+1, 0
	return r.save(ctx)
}

func (r *run) logVal(v validation) error {
	return r.log.add(trainlog.Line{
		Step: r.at.Step, Epoch: r.at.Epoch + 1, Split: split.Val, Tokens: r.at.Tokens,
		Loss: v.loss, LR: r.plan.at(r.at.Step - 1), AUROC: v.auroc,
		Stopped: r.impatient() && r.at.Epoch+1 < r.Epochs,
	})
}

// impatient says whether the run has waited long enough: the score on val did not rise
// for Patience epochs.
func (r *run) impatient() bool { return r.Patience > 0 && r.at.Stale >= r.Patience }

// keep remembers the first epoch with the highest score, and its parameters where
// the run ends with them.
func (r *run) keep(v validation) error {
	score := v.score()
	if r.at.Best != nil && score <= *r.at.Best {
		r.at.Stale++
		return nil
	}
	r.at.Best, r.at.Stale = &score, 0
	if !r.KeepBest {
		return nil
	}
	for _, p := range r.params.Trainable() {
		values := make([]float32, p.Len())
		if err := p.Download(kernel.F32s(values)); err != nil {
			return err
		}
		r.best[p.Name()] = values
	}
	return nil
}

func (r *run) restoreBest() error {
	for _, p := range r.params.Trainable() {
		values, ok := r.best[p.Name()]
		if !ok {
			continue
		}
		if err := p.Upload(kernel.F32s(values)); err != nil {
			return err
		}
	}
	return nil
}
