package train

import (
	"context"
	"errors"
	"math"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/shard"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/train/model"
	"github.com/clinflow/clinflow/stages/train/peft"
)

func init() {
	stages.RegisterJob(stages.Spec{
		Name: "train.pretrain", Version: 4,
		Doc: "Adapts a frozen base model to clinical language: trains a LoRA adapter as a language model on the train patients' notes. Leaves the adapter in the PEFT library's layout, train_log.jsonl, train_patients.bin, the record of whom it was trained on, base_model.sha256, the record of the base, and metrics.json with the perplexity on val before and after. Val and test patients that the base was trained on are refused.",
		In: []stages.Port{
			{Name: "tokens", Kind: shard.KindTokens, Tables: []string{shard.TableTokens}, Doc: "Tokenized notes with their split."},
			{Name: "base", Kind: shard.KindModel, Optional: true, Doc: "The base model, where it is not given by path."},
		},
		Out: stages.Output{Kind: shard.KindAdapter},
	}, newPretrain)
}

// PretrainConfig configures train.pretrain; the defaults are the paper's.
type PretrainConfig struct {
	BaseModel
	PEFT         PEFT    `json:"peft" doc:"The adapter."`
	LearningRate float64 `json:"learning_rate" default:"0.0003" min:"0" doc:"Highest learning rate."`
	Epochs       int     `json:"epochs" default:"1" min:"1" doc:"Passes over the train split."`
	BatchSize    int     `json:"batch_size" default:"10" unit:"documents" min:"1" doc:"Documents in a batch."`
	Optimization
}

type pretrain struct {
	onDevice
	config PretrainConfig
}

func newPretrain(c PretrainConfig) (stages.Job, error) {
	if c.PEFT.Type == typeNone {
		return nil, exit.Errorf(exit.Usage, "peft.type: none leaves nothing to train; give lora")
	}
	return &pretrain{config: c}, nil
}

// Run implements stages.Job.
func (p *pretrain) Run(ctx context.Context, in stages.Inputs, out *shard.Writer) error {
	under, err := ancestryOf(ctx, in, p.config.Base)
	if err != nil {
		return err
	}
	splits, err := readSplits(ctx, in.One("tokens"), under, "train", "val")
	if err != nil {
		return err
	}
	under.note(out)
	base, err := baseFilesOf(ctx, in, p.config.Base)
	if err != nil {
		return err
	}
	if err := base.record(out); err != nil {
		return err
	}
	return onBase(in, p.config.Base, func(m *model.Model, dir string) error {
		adapter, err := m.AddAdapter("clinical", p.config.PEFT.lora(peft.CausalLM, dir), 0, p.config.Seed)
		if err != nil {
			return err
		}
		j := job{
			name: "train.pretrain", set: p.config.Optimization, rate: p.config.LearningRate,
			epochs: p.config.Epochs, batchSize: p.config.BatchSize, model: m,
		}
		if err := errors.Join(j.asLanguageModel(splits), j.identify(p.config, in)); err != nil {
			return err
		}
		return j.adapt(ctx, adapter, out)
	})
}

// adapt trains the adapter and measures the perplexity before and after. Before,
// the new adapter's update is zero: that is the base model. What training needs of
// memory is taken first: it is more, and what does not fit shows at once.
func (j job) adapt(ctx context.Context, adapter *peft.Adapter, out *shard.Writer) error {
	if err := j.fits(); err != nil {
		return err
	}
	before, err := j.perplexity(ctx)
	if err != nil {
		return err
	}
	return j.write(ctx, out, func() error {
		after, err := j.perplexity(ctx)
		if err != nil {
			return err
		}
		return errors.Join(writePerplexity(out, before, after), writeFiles(out, "", adapter.Files()))
	})
}

// perplexity is the exponential of the mean loss a token on val, nil where val
// is empty.
func (j job) perplexity(ctx context.Context) (*float64, error) {
	if len(j.val) == 0 {
		return nil, nil
	}
	s := j.supervised()
	defer s.close()
	loss, _, err := s.measure(ctx, j.val)
	ppl := math.Exp(loss)
	return &ppl, err
}

func writePerplexity(out *shard.Writer, before, after *float64) error {
	type perplexity struct {
		Before *float64 `json:"before"`
		After  *float64 `json:"after"`
	}
	return out.WriteJSON("metrics.json", map[string]perplexity{"val_perplexity": {before, after}})
}
