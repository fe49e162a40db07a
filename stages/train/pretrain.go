package train

import (
	"context"
	"errors"
	"math"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/adapter/lora"
	"github.com/clinflow/clinflow/stages/train/model"
	"github.com/clinflow/clinflow/stages/train/trainer"
)

func init() {
	stages.RegisterJob(stages.Spec{
		Name: "train.pretrain", Version: 6,
		Doc: "Adapts a frozen base model to clinical language: trains an adapter, or with peft.type full all weights, as a language model on the train patients' notes. Leaves the adapter in the PEFT library's layout, or the whole model as transformers saves one, train_log.jsonl, train_patients.bin, the record of whom it was trained on, base_model.sha256, the record of the base, and metrics.json with the perplexity on val before and after. Val and test patients that the base was trained on are refused.",
		In: []stages.Port{
			examples.TokensPort,
			split.Port,
			{Name: "base", Kind: stages.KindModel, Optional: true, Doc: "The base model, where it is not given by path."},
		},
		Out: stages.Output{Kind: stages.KindAdapter},
	}, newPretrain)
}

// PretrainConfig configures train.pretrain; the defaults are the paper's.
type PretrainConfig struct {
	BaseModel
	PEFT         adapter.PEFT `json:"peft" doc:"The adapter."`
	LearningRate float64      `json:"learning_rate" default:"0.0003" min:"0" doc:"Highest learning rate."`
	Epochs       int          `json:"epochs" default:"1" min:"1" doc:"Passes over the train split."`
	BatchSize    int          `json:"batch_size" default:"10" unit:"documents" min:"1" doc:"Documents in a batch."`
	Validated
	trainer.Sequences
	split.Overlap
	trainer.Optimization
}

type pretrain struct {
	onDevice
	config PretrainConfig
}

func newPretrain(env *stages.Environment, c PretrainConfig) (stages.Job, error) {
	if c.PEFT.Type == lora.None {
		return nil, exit.Errorf(exit.Usage, "peft.type: none leaves nothing to train; give a method")
	}
	return &pretrain{onDevice{env}, c}, c.Sequences.Check()
}

// Attributes implements stages.Attributed.
func (*pretrain) Attributes(ctx context.Context, in stages.Inputs) (map[string]any, error) {
	return examples.Attributes(examples.LanguageModel(ctx, in))
}

// Run implements stages.Job.
func (p *pretrain) Run(ctx context.Context, in stages.Inputs, out *dataset.Writer) error {
	under, err := ancestryOf(ctx, in, p.config.Base)
	if err != nil {
		return err
	}
	splits, counts, err := readSplits(ctx, examples.TextsOf(in, p.config.Overlap), under, split.Train, split.Val)
	if err != nil {
		return err
	}
	counts.Note(out)
	under.Note(out)
	base, err := p.baseOf(ctx, in, p.config.Base)
	if err != nil {
		return err
	}
	if err := base.Write(out); err != nil {
		return err
	}
	return p.onBase(ctx, in, p.config.Base, func(m *model.Model, dir string) error {
		a, err := m.AddAdapter("clinical", p.config.PEFT.Config(adapter.CausalLM, dir), 0, p.config.Seed)
		if err != nil {
			return err
		}
		// Before the first step the update of a LoRA or an adaption prompt is zero: what is
		// then measured on val is the base model. Other prompts are random numbers at first.
		t, err := asLanguageModel(trainer.Trainer{
			Env: p.env, Name: "train.pretrain", Optimization: p.config.Optimization, LearningRate: p.config.LearningRate,
			Epochs: p.config.Epochs, BatchSize: p.config.BatchSize, Model: m, Before: true,
		}, splits, p.config.MaxVal, p.config.Sequences)
		if err != nil {
			return err
		}
		return learn(ctx, t, splits[split.Train], out, func(end trainer.State) error {
			return errors.Join(writePerplexity(out, end.Before, end.Val), writeFiles(out, "", a.Files()))
		})
	})
}

// writePerplexity writes the exponentials of two mean losses a token on val, null
// where val is empty.
func writePerplexity(out *dataset.Writer, before, after *float64) error {
	type perplexity struct {
		Before *float64 `json:"before"`
		After  *float64 `json:"after"`
	}
	return out.WriteJSON("metrics.json", map[string]perplexity{"val_perplexity": {exponential(before), exponential(after)}})
}

func exponential(loss *float64) *float64 {
	if loss == nil {
		return nil
	}
	e := math.Exp(*loss)
	return &e
}
