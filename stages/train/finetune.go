package train

import (
	"context"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/shard"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/model"
	"github.com/clinflow/clinflow/stages/train/peft"
)

func init() {
	stages.RegisterJob(stages.Spec{
		Name: "train.finetune", Version: 1,
		Doc: "Trains a classification head, and adapters under it, on a labelled task. A way of training is a list of adapters, each frozen or trainable, whose updates add up: none (peft.type none: the head alone), a new LoRA, a clinical adapter from train.pretrain, or both. Leaves the new adapter with its head in the PEFT library's layout, the clinical adapter beside it in clinical/, and train_log.jsonl.",
		In: []stages.Port{
			{Name: "tokens", Kind: shard.KindTokens, Tables: []string{shard.TableTokens}, Doc: "Tokenized examples with split and labels."},
			{Name: "base", Kind: shard.KindModel, Optional: true, Doc: "The base model, where it is not given by path."},
			{Name: "clinical", Kind: shard.KindAdapter, Optional: true, Doc: "An adapter to put under the new one."},
		},
		Out: stages.Output{Kind: shard.KindAdapter},
	}, newFinetune)
}

// FinetuneConfig configures train.finetune; the defaults are the paper's.
type FinetuneConfig struct {
	Base          string  `json:"base,omitempty" path:"true" doc:"Hugging Face folder of the base model, where it is not a step."`
	PEFT          PEFT    `json:"peft" doc:"The new adapter; type none trains the head without one."`
	Clinical      string  `json:"clinical" default:"frozen" enum:"frozen,trainable" doc:"Whether the adapter of the port clinical is trained further."`
	ProblemType   string  `json:"problem_type" default:"single_label_classification" enum:"single_label_classification,multi_label_classification" doc:"One class a document (softmax), or a set of labels (sigmoid)."`
	NumLabels     int     `json:"num_labels" default:"2" min:"2" doc:"Classes, or labels, of the task."`
	ClassWeights  string  `json:"class_weights" default:"balanced" enum:"balanced,none" doc:"balanced: a class weighs n/(classes × its count in train). Single-label tasks only."`
	ShuffleLabels bool    `json:"shuffle_labels" default:"false" doc:"Permute the labels of train, and of val for the selection, by seed: a check for leaks, the AUROC on test must be 0.5."`
	Selection     string  `json:"selection" default:"last" enum:"last,best" doc:"End with the last epoch's parameters, or those of the epoch with the highest AUROC on val."`
	Patience      int     `json:"patience" default:"0" unit:"epochs" min:"0" doc:"End training when the AUROC on val has not risen for that many epochs (the loss has not fallen, where val holds one class). The learning rate falls as planned for all epochs. 0: all epochs run, as they do where val has no rows."`
	LearningRate  float64 `json:"learning_rate" default:"0.00005" min:"0" doc:"Highest learning rate."`
	Epochs        int     `json:"epochs" default:"10" min:"1" doc:"Passes over the train split."`
	BatchSize     int     `json:"batch_size" default:"10" unit:"documents" min:"1" doc:"Documents in a batch."`
	Optimization
}

type finetune struct {
	onDevice
	config FinetuneConfig
}

func newFinetune(c FinetuneConfig) (stages.Job, error) { return &finetune{config: c}, nil }

// Run implements stages.Job.
func (f *finetune) Run(ctx context.Context, in stages.Inputs, out *shard.Writer) error {
	splits, err := f.examples(ctx, in)
	if err != nil {
		return err
	}
	return onBase(in, f.config.Base, func(m *model.Model, dir string) error {
		clinical, err := f.clinical(m, in.One("clinical"))
		if err != nil {
			return err
		}
		task, err := m.AddAdapter("task", f.config.PEFT.lora(peft.SeqCls, dir), f.config.NumLabels, f.config.Seed)
		if err != nil {
			return err
		}
		j, err := f.job(ctx, m, task, splits)
		if err != nil {
			return err
		}
		if err := j.identify(f.config, in); err != nil {
			return err
		}
		return j.write(ctx, out, func() error { return writeAdapters(out, task, clinical) })
	})
}

// writeAdapters writes the new adapter, and beside it the one under it where
// there is one.
func writeAdapters(out *shard.Writer, task, clinical *peft.Adapter) error {
	if err := writeFiles(out, "", task.Files()); err != nil || clinical == nil {
		return err
	}
	return writeFiles(out, clinicalFolder, clinical.Files())
}

// examples reads and checks train and val, and shuffles their labels where it is
// asked for: true labels of val would let the selection of an epoch leak.
func (f *finetune) examples(ctx context.Context, in stages.Inputs) (map[string]examples, error) {
	splits, err := readSplits(ctx, in.One("tokens"), "train", "val")
	if err != nil {
		return nil, err
	}
	for split, rows := range splits {
		if err := checkLabels(rows, f.config.ProblemType, f.config.NumLabels); err != nil {
			return nil, err
		}
		if f.config.ShuffleLabels {
			splits[split] = shuffleLabels(rows, f.config.Seed)
		}
	}
	return splits, nil
}

// clinicalFolder holds the clinical adapter in an output, as the PEFT library
// saves an adapter that is not the default one.
const clinicalFolder = "clinical/"

func (f *finetune) clinical(m *model.Model, d *shard.Dataset) (*peft.Adapter, error) {
	if d == nil {
		return nil, nil
	}
	dir, err := folder(d, peft.ConfigName)
	if err != nil {
		return nil, err
	}
	a, err := m.LoadAdapter("clinical", dir, graph.Mode(f.config.Clinical == "trainable"))
	if err == nil && a.Score != nil {
		return nil, exit.Errorf(exit.Usage, "clinical: %s has a classification head of its own; give an adapter of train.pretrain", d.URI())
	}
	return a, err
}

// job is the training run. Where the backbone is entirely frozen the examples
// become numbers of hidden states that were computed once.
func (f *finetune) job(ctx context.Context, m *model.Model, task *peft.Adapter, splits map[string]examples) (job, error) {
	for _, rows := range splits {
		if err := rows.checkTokens(m.Config().VocabSize); err != nil {
			return job{}, err
		}
	}
	o := classifier{logits: m.ClassLogits, kind: f.config.ProblemType, numLabels: f.config.NumLabels}
	if f.config.ProblemType == singleLabel && f.config.ClassWeights == "balanced" {
		o.classWeights = classWeights(splits["train"], f.config.NumLabels)
	}
	j := job{
		name: "train.finetune", set: f.config.Optimization, rate: f.config.LearningRate, epochs: f.config.Epochs,
		batchSize: f.config.BatchSize, keepBest: f.config.Selection == "best", patience: f.config.Patience, model: m, train: splits["train"], val: splits["val"],
	}
	if trained := m.Params().Trainable(); len(trained) == 1 && trained[0] == task.Score {
		cached, err := cacheHidden(ctx, m, f.config.BatchSize, j.train, j.val)
		if err != nil {
			return job{}, err
		}
		j.train, j.val, o.logits = cached.rows[0], cached.rows[1], cached.head(task.Score)
	}
	j.objective = o
	return j, nil
}
