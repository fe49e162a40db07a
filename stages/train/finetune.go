package train

import (
	"context"
	"errors"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/leakage"
	"github.com/clinflow/clinflow/stages/train/model"
	"github.com/clinflow/clinflow/stages/train/trainer"
	"github.com/clinflow/clinflow/task"
)

func init() {
	stages.RegisterJob(stages.Spec{
		Name: "train.finetune", Version: 7,
		Doc: "Trains a classification head, and adapters under it, on the task of the labels. A variant is a list of adapters, each frozen or trainable, whose updates add up. Without the port clinical: the head alone (peft.type none) or a new adapter under it, or all weights of the base (full). With an adapter of train.pretrain bound to clinical, the same two over it, and it is frozen or trained further (clinical): six variants in all. Where nothing under the head is trained, hidden states are computed once, unless the base has dropout of its own, as BERT has. Leaves the new adapter with its head in the PEFT library's layout, or the whole model with its head as transformers saves one, the clinical adapter beside it in clinical/, train_log.jsonl and train_patients.bin, the record of whom it was trained on: hashes of patients, not anonymised. Val and test patients that the base or the clinical adapter was trained on are refused; one without a record is counted in the manifest as unknown_training_patients. A clinical adapter of another base than this is refused, known by the base's files (base_model.sha256); one without that record is counted as unknown_base_model.",
		In: []stages.Port{
			examples.TokensPort,
			examples.LabelsPort,
			split.Port,
			{Name: "base", Kind: stages.KindModel, Optional: true, Doc: "The base model, where it is not given by path."},
			{Name: "clinical", Kind: stages.KindAdapter, Optional: true, Doc: "An adapter to put under the new one."},
		},
		Out: stages.Output{Kind: stages.KindAdapter},
	}, newFinetune)
}

// FinetuneConfig configures train.finetune; the defaults are the paper's.
type FinetuneConfig struct {
	BaseModel
	PEFT     adapter.PEFT `json:"peft" doc:"The new adapter; type none trains the head without one."`
	Clinical string       `json:"clinical" default:"frozen" enum:"frozen,trainable" doc:"Whether the adapter of the port clinical is trained further."`
	Labelled
	split.Overlap
	Selection    string  `json:"selection" default:"last" enum:"last,best" doc:"End with the last epoch's parameters, or those of the epoch with the highest AUROC on val, which is the one that eval.auroc reports by the same recipe."`
	Patience     int     `json:"patience" default:"0" unit:"epochs" min:"0" doc:"End training when the AUROC on val has not risen for that many epochs (the loss has not fallen, where val holds one class). The learning rate falls as planned for all epochs. 0: all epochs run, as they do where val has no rows."`
	LearningRate float64 `json:"learning_rate" default:"0.00005" min:"0" doc:"Highest learning rate."`
	Epochs       int     `json:"epochs" default:"10" min:"1" doc:"Passes over the train split."`
	BatchSize    int     `json:"batch_size" default:"10" unit:"documents" min:"1" doc:"Documents in a batch."`
	Variant      string  `json:"variant,omitempty" name:"true" doc:"Name of the variant, by which predictions and the report know the adapter. Left out, it says what is trained: head, lora, clinical_frozen, clinical_frozen_downstream and so on."`
	trainer.Optimization
}

type finetune struct {
	onDevice
	config FinetuneConfig
}

func newFinetune(env *stages.Environment, c FinetuneConfig) (stages.Job, error) {
	return &finetune{onDevice{env}, c}, nil
}

// Attributes implements stages.Attributed.
func (f *finetune) Attributes(ctx context.Context, in stages.Inputs) (map[string]any, error) {
	attributes, err := examples.Attributes(examples.TaskOf(ctx, in))
	attributes[task.VariantAttribute] = f.config.variantName(in.One("clinical") != nil)
	return attributes, err
}

// Run implements stages.Job.
func (f *finetune) Run(ctx context.Context, in stages.Inputs, out *dataset.Writer) error {
	c := f.config
	of, err := examples.TaskOf(ctx, in)
	if err != nil {
		return err
	}
	under, err := ancestryOf(ctx, in, c.Base)
	if err != nil {
		return err
	}
	under.Note(out)
	base, err := f.baseOf(ctx, in, c.Base)
	if err != nil {
		return err
	}
	if err := errors.Join(base.Under(ctx, "clinical", in.One("clinical"), out), base.Write(out)); err != nil {
		return err
	}
	splits, counts, err := c.examples(ctx, in, of, under)
	if err != nil {
		return err
	}
	counts.Note(out)
	return f.onBase(ctx, in, c.Base, func(m *model.Model, dir string) error {
		v, err := newVariant(ctx, m, dir, c, of, in)
		if err != nil {
			return err
		}
		t, err := c.trainer(ctx, f.env, m, of, v, splits, out.Scratch())
		if err != nil {
			return err
		}
		defer t.Hidden.Close()
		return learn(ctx, t, splits[split.Train], out, func(trainer.State) error { return v.write(ctx, out) })
	})
}

// examples reads and checks train and val, and shuffles their labels where it is
// asked for: true labels of val would let the selection of an epoch leak.
func (c FinetuneConfig) examples(ctx context.Context, in stages.Inputs, of task.Task, under leakage.Ancestry) (map[string]examples.Rows, examples.Counts, error) {
	splits, counts, err := readSplits(ctx, examples.SourceOf(in, c.Overlap), under, split.Train, split.Val)
	if err != nil {
		return nil, counts, err
	}
	for name, rows := range splits {
		if err := rows.CheckLabels(of.Multilabel(), of.NumLabels()); err != nil {
			return nil, counts, err
		}
		if c.ShuffleLabels {
			splits[name] = rows.ShuffleLabels(c.Seed)
		}
	}
	return splits, counts, nil
}

// trainer is the training run. Where nothing under the head is trained the examples
// become numbers of hidden states that were computed once.
func (c FinetuneConfig) trainer(ctx context.Context, env *stages.Environment, m *model.Model, of task.Task, v variant, splits map[string]examples.Rows, scratch store.Dir) (trainer.Trainer, error) {
	for name, rows := range splits {
		if err := trainer.CheckTokens(rows, m.Limits()); err != nil {
			return trainer.Trainer{}, err
		}
		splits[name] = trainer.Pooled(rows, m)
	}
	o := trainer.Classifier{Logits: m.ClassLogits, Multilabel: of.Multilabel(), NumLabels: of.NumLabels(), ClassWeights: c.weights(of, splits[split.Train]), Measures: auroc.MeasuresOf(c.Recipe)}
	t := trainer.Trainer{
		Env: env, Name: "train.finetune", Optimization: c.Optimization, LearningRate: c.LearningRate, Epochs: c.Epochs, BatchSize: c.BatchSize,
		KeepBest: c.Selection == "best", Patience: c.Patience, Model: m, Train: splits[split.Train], Val: splits[split.Val],
	}
	if v.headAlone(m) {
		h, err := trainer.ComputeHidden(ctx, env, t.Name, m, c.BatchSize, scratch, t.Train, t.Val)
		if err != nil {
			return trainer.Trainer{}, err
		}
		t.Hidden, t.Train, t.Val, o.Logits = h, h.Rows[0], h.Rows[1], h.Head(v.head())
	}
	t.Objective = o
	return t, nil
}
