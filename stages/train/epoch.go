package train

import (
	"context"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// endEpoch validates, remembers whether the epoch was the best so far, and writes
// a training checkpoint.
func (r *run) endEpoch(ctx context.Context, plan schedule) error {
	v, ok, err := r.learner.validate(ctx)
	if err != nil && ctx.Err() != nil {
		return r.stopped(ctx)
	}
	if err != nil {
		return err
	}
	if ok {
		if err := r.keep(v); err != nil {
			return err
		}
		r.logVal(plan, v)
	}
	r.at.Epoch, r.at.Group = r.at.Epoch+1, 0
	return r.save(ctx)
}

func (r *run) logVal(plan schedule, v validation) {
	r.at.Log = append(r.at.Log, logLine{
		Step: r.at.Step, Epoch: r.at.Epoch + 1, Split: "val", Tokens: r.at.Tokens,
		Loss: v.loss, LR: plan.at(r.at.Step - 1), AUROC: v.auroc,
		Stopped: r.impatient() && r.at.Epoch+1 < r.epochs,
	})
}

// impatient says that val has not risen for as many epochs as the run waits.
func (r *run) impatient() bool { return r.patience > 0 && r.at.Stale >= r.patience }

// keep remembers the first epoch with the highest score, and its parameters where
// the run ends with them.
func (r *run) keep(v validation) error {
	score := v.score()
	if r.at.Best != nil && score <= *r.at.Best {
		r.at.Stale++
		return nil
	}
	r.at.Best, r.at.Stale = &score, 0
	if !r.keepBest {
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

// score is what is best when highest: the AUROC, without labels minus the loss.
func (v validation) score() float64 {
	if v.auroc != nil {
		return *v.auroc
	}
	return -v.loss
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
