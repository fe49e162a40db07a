package train

import (
	"context"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/leakage"
	"github.com/clinflow/clinflow/stages/train/model"
	"github.com/clinflow/clinflow/stages/train/model/llama"
	"github.com/clinflow/clinflow/stages/train/trainer"
)

func init() {
	stages.RegisterJob(stages.Spec{
		Name: "train.base", Version: 6,
		Doc: "Trains a small LLaMA from scratch as a language model on the train patients' notes, over all its parameters. Leaves a Hugging Face folder with the tokenizer's files, train_log.jsonl and train_patients.bin, the record of whom it was trained on; loss is also measured on val at each epoch's end. It stands in for a real base model where none may be downloaded, as in the demo.",
		In: []stages.Port{
			examples.TokensPort,
			split.Port,
			{Name: "tokenizer", Kind: stages.KindTokenizer, Doc: "The tokenizer that made the tokens: gives the vocabulary."},
		},
		Out: stages.Output{Kind: stages.KindModel},
	}, newBase)
}

// BaseConfig configures train.base. The model's keys are those of LlamaConfig.
type BaseConfig struct {
	HiddenSize        int     `json:"hidden_size" default:"64" min:"2" doc:"Columns of the hidden states."`
	IntermediateSize  int     `json:"intermediate_size" default:"176" min:"1" doc:"Columns inside the feed-forward network."`
	Layers            int     `json:"layers" default:"2" min:"1" doc:"Decoder layers."`
	Heads             int     `json:"heads" default:"4" min:"1" doc:"Attention heads; they divide hidden_size."`
	KVHeads           int     `json:"kv_heads" default:"4" min:"1" doc:"Key and value heads; fewer than heads is grouped-query attention."`
	MaxLength         int     `json:"max_length" default:"128" unit:"tokens" min:"2" doc:"Longest sequence the model takes (max_position_embeddings)."`
	TieWordEmbeddings bool    `json:"tie_word_embeddings" default:"true" doc:"The head of the language model is the embedding's table."`
	InitializerRange  float64 `json:"initializer_range" default:"0.02" min:"0" doc:"Standard deviation of the initial weights."`
	LearningRate      float64 `json:"learning_rate" default:"0.001" min:"0" doc:"Highest learning rate."`
	Epochs            int     `json:"epochs" default:"1" min:"1" doc:"Passes over the train split."`
	BatchSize         int     `json:"batch_size" default:"16" unit:"documents" min:"1" doc:"Documents in a batch."`
	Validated
	trainer.Sequences
	split.Overlap
	trainer.Optimization
}

type base struct {
	onDevice
	config BaseConfig
}

func newBase(env *stages.Environment, c BaseConfig) (stages.Job, error) {
	if c.HiddenSize%(2*c.Heads) != 0 || c.Heads%c.KVHeads != 0 {
		return nil, exit.Errorf(exit.Usage, "heads: hidden_size must be a multiple of twice the heads, and heads of kv_heads")
	}
	return &base{onDevice{env}, c}, c.Sequences.Check()
}

// Attributes implements stages.Attributed.
func (*base) Attributes(ctx context.Context, in stages.Inputs) (map[string]any, error) {
	return examples.Attributes(examples.LanguageModel(ctx, in))
}

// Run implements stages.Job.
func (b *base) Run(ctx context.Context, in stages.Inputs, out *dataset.Writer) error {
	splits, counts, err := readSplits(ctx, examples.TextsOf(in, b.config.Overlap), leakage.Ancestry{}, split.Train, split.Val)
	if err != nil {
		return err
	}
	counts.Note(out)
	given := in.One("tokenizer")
	if err := given.CheckFiles(ctx); err != nil {
		return err
	}
	tokens, err := tokenizer.Open(ctx, given.Dir())
	if err != nil {
		return err
	}
	return b.onBackend(ctx, func(backend kernel.Backend) error {
		m, err := llama.New(ctx, backend, b.llama(tokens), b.config.Seed)
		if err != nil {
			return err
		}
		defer m.Close()
		m.Params().Until(ctx)
		return b.learn(ctx, m, tokens, splits, out)
	})
}

func (b *base) learn(ctx context.Context, m *model.Model, tokens tokenizer.Tokenizer, splits map[string]examples.Rows, out *dataset.Writer) error {
	t, err := asLanguageModel(trainer.Trainer{
		Env: b.env, Name: "train.base", Optimization: b.config.Optimization, LearningRate: b.config.LearningRate,
		Epochs: b.config.Epochs, BatchSize: b.config.BatchSize, Model: m,
	}, splits, b.config.MaxVal, b.config.Sequences)
	if err != nil {
		return err
	}
	return learn(ctx, t, splits[split.Train], out, func(trainer.State) error {
		if err := writeFiles(out, "", m.Files()); err != nil {
			return err
		}
		return tokens.Save(out)
	})
}

// llama is the model's configuration: the tokenizer gives vocabulary and special
// tokens, and what is not configured is LLaMA's.
func (b *base) llama(tokens tokenizer.Tokenizer) llama.Config {
	special := tokens.Special()
	c := llama.Config{
		HiddenSize: b.config.HiddenSize, IntermediateSize: b.config.IntermediateSize, NumHiddenLayers: b.config.Layers,
		NumAttentionHeads: b.config.Heads, NumKeyValueHeads: b.config.KVHeads, HeadDim: b.config.HiddenSize / b.config.Heads,
		VocabSize: tokens.Size(), MaxPositionEmbeddings: b.config.MaxLength, RMSNormEps: 1e-6, RopeTheta: 10000,
		InitializerRange: b.config.InitializerRange, TieWordEmbeddings: b.config.TieWordEmbeddings,
		BosTokenID: special.BOS, PadTokenID: special.Pad,
	}
	if special.EOS >= 0 {
		c.EosTokenIDs = []int32{special.EOS}
	}
	return c
}
