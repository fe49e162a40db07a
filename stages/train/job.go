package train

import (
	"context"
	"errors"
	"io"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/train/model"
)

// job is what the training stages have in common: a model, what it learns from,
// and how.
type job struct {
	name      string
	run       string // identity
	set       Optimization
	rate      float64
	epochs    int
	batchSize int
	before    bool // measure the loss on val before the first step too
	keepBest  bool
	patience  int

	model     *model.Model
	objective objective
	train     examples
	val       examples
	hidden    *hiddenStates // see supervised
}

// asLanguageModel lets the job predict each next token of the splits.
// At most maxVal examples of val are measured, 0 all.
func (j *job) asLanguageModel(splits map[string]examples, maxVal int) error {
	j.objective = languageModel{j.model}
	j.train, j.val = splits["train"].predictable(), splits["val"].predictable().sample(maxVal, j.set.Seed)
	c := j.model.Config()
	return errors.Join(j.train.checkTokens(c), j.val.checkTokens(c))
}

// identify says what the job trains: see identity.
func (j *job) identify(config any, in stages.Inputs) (err error) {
	j.run, err = identity(j.name, config, in, j.model.Params().Backend().Name())
	return err
}

// write trains the model and writes the training log and the record of whom it
// was trained on, then the files that the caller makes of the model. The training
// checkpoints stay until the output is complete: up to there all may be lost.
func (j job) write(ctx context.Context, out *dataset.Writer, files func(end position) error) error {
	work, err := store.Open(out.URI() + workSuffix)
	if err != nil {
		return err
	}
	end, err := j.learn(ctx, work)
	if err != nil {
		return err
	}
	if err := out.StreamFile(logName, func(w io.Writer) error { return writeLog(ctx, w, work) }); err != nil {
		return err
	}
	if err := writeRecord(out, j.train); err != nil {
		return err
	}
	if err := files(end); err != nil {
		return err
	}
	j.record(out, end)
	out.AfterCommit(func(ctx context.Context) error { return work.RemoveAll(ctx, "") })
	return nil
}

// learn trains the model and returns where the run ended.
func (j job) learn(ctx context.Context, work store.Dir) (position, error) {
	if err := trainable(j.train); err != nil {
		return position{}, err
	}
	if len(j.train) == 0 {
		return position{}, exit.Errorf(exit.BadData, "%s: no example of split train holds a token to learn from", j.name)
	}
	s := j.supervised()
	defer s.close()
	if err := s.reserve(j.name, j.model.Params()); err != nil {
		return position{}, err
	}
	r := &run{
		name: j.name, set: j.set, rate: j.rate, epochs: j.epochs, batchSize: j.batchSize, before: j.before, keepBest: j.keepBest, patience: j.patience,
		params: j.model.Params(), learner: s, ids: j.train.ids(), lengths: j.train.lengths(), work: work,
		at: position{Run: j.run},
	}
	err := r.train(ctx)
	return r.at, err
}

// supervised is the model with what it learns from.
func (j job) supervised() *supervised {
	s := newSupervised(j.model, j.objective, j.batchSize, j.set)
	s.name, s.train, s.val, s.hidden = j.name, j.train, j.val, j.hidden
	return s
}

func (j job) record(out *dataset.Writer, end position) {
	out.SetKernel(j.model.Params().Backend().Name())
	out.SetSeed("train", j.set.Seed)
	out.Count("epochs", int64(end.Epoch))
	out.Count("train_examples", int64(len(j.train)))
	out.Count("val_examples", int64(len(j.val)))
	for _, p := range j.model.Params().Trainable() {
		out.Count("trainable_parameters", int64(p.Len()))
	}
}
