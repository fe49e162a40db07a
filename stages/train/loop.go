package train

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/progress"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages/train/graph"
)

// learner is a model with its data and loss, as the loop sees it.
type learner interface {
	// weight is what the loss of a batch is divided by: its real tokens, or its
	// rows' weights.
	weight(b batch) (float64, error)
	// tokens are the real tokens of a batch.
	tokens(b batch) int64
	// learn adds the gradients of a batch's loss divided by norm and returns its
	// loss, not divided. number counts the batches of the run from 1.
	learn(b batch, norm float64, number int) (float64, error)
	// validate measures the model on val; ok is false where val has no rows.
	validate(ctx context.Context) (v validation, ok bool, err error)
}

// validation is what was measured on val: the mean loss, and where the task has
// labels the AUROC (nil where val holds one class only).
type validation struct {
	loss  float64
	auroc *float64
}

// run is one training run: it knows order, schedule, optimizer, checkpoints and
// log, and nothing of the model.
type run struct {
	name      string // for progress
	set       Optimization
	rate      float64 // peak learning rate
	epochs    int
	batchSize int
	before    bool // measure the loss on val before the first step too
	keepBest  bool // end with the parameters of the epoch that was best on val
	patience  int  // epochs without a rise on val after which the run ends; 0: all run

	params  *graph.Params
	learner learner
	ids     []string // of the training examples
	lengths []int    // of the training examples
	work    store.Dir
	now     func() time.Time // nil: the machine's clock

	at    position
	log   *trainLog
	saved time.Time            // when the last training checkpoint was written, or the run began
	best  map[string][]float32 // parameters of the best epoch
}

// train runs to the end, from the last training checkpoint where there is one.
// The learning rate follows the plan of all epochs, whether they are run or not.
// Cancelling ctx stops it, and it goes on from the last whole optimizer step.
func (r *run) train(ctx context.Context) error {
	r.best, r.log = map[string][]float32{}, newTrainLog()
	if r.now == nil {
		r.now = time.Now
	}
	r.saved = r.now()
	if err := r.resume(ctx); err != nil {
		return err
	}
	if err := r.measureBefore(ctx); err != nil {
		return err
	}
	plan := newSchedule(r.rate, r.set.WarmupRatio, r.epochs*r.stepsPerEpoch())
	bar := progress.Start(r.name, "steps", int64(plan.total))
	defer bar.Done()
	bar.Add(int64(r.at.Step))
	for r.at.Epoch < r.epochs && !r.impatient() {
		if err := r.epoch(ctx, plan, bar); err != nil {
			return err
		}
	}
	return r.restoreBest()
}

func (r *run) stepsPerEpoch() int {
	batches := (len(r.ids) + r.batchSize - 1) / r.batchSize
	return (batches + r.set.Accumulation - 1) / r.set.Accumulation
}

// epoch runs what is left of the epoch, then validates.
func (r *run) epoch(ctx context.Context, plan schedule, bar *progress.Task) error {
	order := epochOrder(r.set.Seed, r.at.Epoch, r.ids)
	all := batches(order, r.lengths, r.batchSize, bucketLengths(slices.Max(r.lengths)))
	groups := slices.Collect(slices.Chunk(all, r.set.Accumulation))
	for _, group := range groups[r.at.Group:] {
		if err := r.stopped(ctx); err != nil {
			return err
		}
		if err := r.step(ctx, group, plan); err != nil {
			return err
		}
		bar.Note(fmt.Sprintf("loss:%.4f", r.at.LossSum/r.at.LossWeight))
		bar.Add(1)
		if err := r.logTrain(plan); err != nil {
			return err
		}
		if r.due() {
			if err := r.save(ctx); err != nil {
				return err
			}
		}
	}
	return r.endEpoch(ctx, plan)
}

// stopped saves and reports the interruption where ctx is cancelled.
func (r *run) stopped(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	if err := r.save(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	return exit.Errorf(exit.Interrupted, "%s: stopped after step %d; the same command goes on from there: %w", r.name, r.at.Step, context.Cause(ctx))
}

// step is one optimizer step over a group of batches. Where ctx ends within it, no
// parameter has moved yet: the run stands where it stood before.
func (r *run) step(ctx context.Context, group []batch, plan schedule) error {
	before := r.at
	if err := r.accumulate(group); err != nil && ctx.Err() != nil {
		r.at = before
		return r.stopped(ctx)
	} else if err != nil {
		return err
	}
	if math.IsNaN(r.at.LossSum) || math.IsInf(r.at.LossSum, 0) {
		return exit.Errorf(exit.Failed, "%s: the loss of step %d is not finite: training has diverged; lower learning_rate or set max_grad_norm", r.name, r.at.Step+1)
	}
	return r.update(plan)
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

// logTrain writes a line at the first and the last planned step and every
// log_every steps.
func (r *run) logTrain(plan schedule) error {
	if s := r.at.Step; s != 1 && s != plan.total && s%r.set.LogEvery != 0 {
		return nil
	}
	line := logLine{
		Step: r.at.Step, Epoch: r.at.Epoch + 1, Split: "train", Tokens: r.at.Tokens,
		Loss: r.at.LossSum / r.at.LossWeight, LR: plan.at(r.at.Step - 1),
	}
	r.at.LossSum, r.at.LossWeight = 0, 0
	return r.log.add(line)
}
