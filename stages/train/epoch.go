package train

import (
	"context"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// endEpoch validates, keeps the epoch's parameters where they are the best so
// far, and writes a training checkpoint.
func (r *run) endEpoch(ctx context.Context, plan schedule) error {
	v, ok, err := r.learner.validate(ctx)
	if err != nil && ctx.Err() != nil {
		return r.stopped(ctx)
	}
	if err != nil {
		return err
	}
	if ok {
		r.logVal(plan, v)
		if err := r.keep(v); err != nil {
			return err
		}
	}
	r.at.Epoch, r.at.Group = r.at.Epoch+1, 0
	return r.save(ctx)
}

func (r *run) logVal(plan schedule, v validation) {
	r.at.Log = append(r.at.Log, logLine{
		Step: r.at.Step, Epoch: r.at.Epoch + 1, Split: "val", Tokens: r.at.Tokens,
		Loss: v.loss, LR: plan.at(r.at.Step - 1), AUROC: v.auroc,
	})
}

// keep remembers the parameters of the first epoch with the highest score.
func (r *run) keep(v validation) error {
	score := v.score()
	if !r.keepBest || r.at.Best != nil && score <= *r.at.Best {
		return nil
	}
	r.at.Best = &score
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
