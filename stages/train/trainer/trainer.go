// Package trainer trains a model: the order of examples, batches, the loop over epochs
// and optimizer steps, the learning rate's schedule, training checkpoints, the log,
// early stopping and the choice of the best epoch. It knows models and examples, and
// nothing of stages or DAGs.
//
// A run depends on its examples, settings and kernel alone: not on parts, workers, or
// how often it was interrupted.
package trainer

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/progress"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/model"
)

// Optimization are the settings of the optimizer, the log and the training checkpoints.
type Optimization struct {
	Accumulation          int     `json:"accumulation" default:"1" unit:"batches" min:"1" doc:"Batches whose gradients are added up before one optimizer step. The loss is the mean over all that is real in them."`
	WarmupRatio           float64 `json:"warmup_ratio" default:"0.06" min:"0" max:"1" doc:"Part of the optimizer steps over which the learning rate rises linearly from 0; then it falls linearly to 0."`
	Recipe                string  `json:"recipe" default:"clinical" enum:"clinical,paper" doc:"paper: what the study's public code has, see docs/recipes.md: warmup_ratio is taken for the number of warm-up steps, so that there is none but a first step of learning rate 0, and a language model is not taught EOS, which was its padding; and the AUROC on val is that of eval.auroc's recipe of this name."`
	WeightDecay           float64 `json:"weight_decay" default:"0.01" min:"0" doc:"AdamW's decoupled weight decay. Betas are 0.9 and 0.999, eps 1e-8."`
	WeightDecayOf         string  `json:"weight_decay_of" default:"all" enum:"all,matrices" doc:"What decays. all: every trained parameter, as in torch.optim.AdamW and the study; matrices: not biases and norms, as in transformers' Trainer."`
	MaxGradNorm           float64 `json:"max_grad_norm" default:"0" min:"0" doc:"Scale the gradient down to this norm where it is above. 0: no clipping."`
	GradientCheckpointing bool    `json:"gradient_checkpointing" default:"false" doc:"Keep of each decoder layer its input alone and compute the rest once more for the gradient: the same result with a fraction of the memory and the arithmetic of the forward pass done twice."`
	Seed                  int64   `json:"seed" default:"1234" doc:"Seed of batch order, initial values and dropout."`
	LogEvery              int     `json:"log_every" default:"10" unit:"steps" min:"1" doc:"Optimizer steps between two lines of train_log.jsonl."`
	SaveEvery             int     `json:"save_every" default:"100" unit:"steps" min:"1" doc:"Optimizer steps between two training checkpoints; one is also kept at each epoch's end. A run that was cut off goes on from the last."`
	SaveMinutes           float64 `json:"save_minutes" default:"10" unit:"minutes" min:"0" doc:"Minutes after which a training checkpoint is written though save_every steps are not done yet: steps of a large model are slow. 0: by steps alone."`
}

// Trainer is one training run: a model, what it learns from, and how.
type Trainer struct {
	Env      *stages.Environment
	Name     string // for progress and errors
	Identity string // what decides the result; a training checkpoint of another one is not used
	Optimization
	LearningRate float64 // the schedule's peak
	Epochs       int
	BatchSize    int
	Before       bool // measure the loss on val before the first step too
	KeepBest     bool // end with the parameters of the epoch that was best on val
	Patience     int  // epochs without a rise on val after which the run ends; 0: all run

	Model     *model.Model
	Objective Objective
	Train     examples.Rows
	Val       examples.Rows
	Hidden    *HiddenStates // what Train and Val stand for; nil where they are documents
}

// Learn trains the model and returns where the run ended. work is the folder of the
// training checkpoints: the run goes on from the last one there is.
func (t Trainer) Learn(ctx context.Context, work store.Dir) (State, error) {
	if err := onlyTrain(t.Train); err != nil {
		return State{}, err
	}
	if len(t.Train) == 0 {
		return State{}, exit.Errorf(exit.BadData, "%s: no example of split train holds a token to learn from", t.Name)
	}
	if t.WeightDecayOf == "matrices" {
		t.Model.Params().SpareBiasesAndNorms()
	}
	t.BatchSize = fitting(t.BatchSize, t.Train, t.Val)
	l := newLearner(t)
	defer l.close()
	if err := l.reserve(t.Name, t.Model.Params()); err != nil {
		return State{}, err
	}
	r := &run{
		Trainer: t, params: t.Model.Params(), learner: l, ids: t.Train.IDs(), lengths: t.Train.Lengths(), work: work,
		at: State{Identity: t.Identity},
	}
	err := r.train(ctx)
	return r.at, err
}

// onlyTrain refuses rows that are not of the train split, whatever path brought
// them here.
func onlyTrain(rows examples.Rows) error {
	for _, row := range rows {
		if row.Split != split.Train {
			return exit.Errorf(exit.BadData, "rows of split val or test were about to be trained on; only split train is")
		}
	}
	return nil
}

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

// run is a Trainer at work.
type run struct {
	Trainer
	params  *graph.Params
	learner learner
	ids     []string // of the training examples
	lengths []int    // of the training examples
	work    store.Dir
	now     func() time.Time // nil: the machine's clock

	plan  schedule
	at    State
	log   *trainLog
	saved time.Time            // when the last training checkpoint was written, or the run began
	best  map[string][]float32 // parameters of the best epoch

	began  time.Time // when the first step of this attempt began
	before int64     // tokens of earlier attempts
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
	r.plan = r.schedule(r.Epochs * r.stepsPerEpoch())
	bar := r.Env.Progress.Start(r.Name, "steps", int64(r.plan.total))
	defer bar.Done()
	bar.Add(int64(r.at.Step))
	r.began, r.before = r.now(), r.at.Tokens
	for r.at.Epoch < r.Epochs && !r.impatient() {
		if err := r.epoch(ctx, bar); err != nil {
			return err
		}
	}
	return r.restoreBest()
}

func (r *run) stepsPerEpoch() int {
	batches := (len(r.ids) + r.BatchSize - 1) / r.BatchSize
	return (batches + r.Accumulation - 1) / r.Accumulation
}

// epoch runs what is left of the epoch, then validates.
func (r *run) epoch(ctx context.Context, bar *progress.Task) error {
	order := epochOrder(r.Seed, r.at.Epoch, r.ids)
	all := batches(order, r.lengths, r.BatchSize, bucketLengths(slices.Max(r.lengths)))
	groups := slices.Collect(slices.Chunk(all, r.Accumulation))
	for _, group := range groups[r.at.Group:] {
		if err := r.stopped(ctx); err != nil {
			return err
		}
		if err := r.step(ctx, group); err != nil {
			return err
		}
		bar.Note(r.note())
		bar.Add(1)
		if err := r.logTrain(); err != nil {
			return err
		}
		if r.due() {
			if err := r.save(ctx); err != nil {
				return err
			}
		}
	}
	return r.endEpoch(ctx)
}

// note is the mean loss since the last line of the log and the real tokens a second
// since the run began, for the progress line: a log with times would not be the same
// for the same run.
func (r *run) note() string {
	rate := float64(r.at.Tokens-r.before) / r.now().Sub(r.began).Seconds()
	return fmt.Sprintf("loss:%.4f tok/s:%.0f", r.at.LossSum/r.at.LossWeight, rate)
}

// stopped saves and reports the interruption where ctx is cancelled.
func (r *run) stopped(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	if err := r.save(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	return exit.Errorf(exit.Interrupted, "%s: stopped after step %d; the same command goes on from there: %w", r.Name, r.at.Step, context.Cause(ctx))
}
