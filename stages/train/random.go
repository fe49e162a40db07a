package train

import (
	"context"
	"encoding/json"
	"math"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/jsonfile"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/leakage"
	"github.com/clinflow/clinflow/stages/train/model"
)

func init() {
	stages.RegisterJob(stages.Spec{
		Name: "train.random", Version: 1,
		Doc: "Makes a model of random weights for a tokenizer's vocabulary: one to be trained as a whole, or to try things out with. Leaves a Hugging Face folder with the tokenizer's files, and train_patients.bin, the record of whom it was trained on, which is nobody.",
		In:  []stages.Port{{Name: "tokenizer", Kind: stages.KindTokenizer, Doc: "The tokenizer: gives the vocabulary."}},
		Out: stages.Output{Kind: stages.KindModel},
	}, newRandom)
}

// RandomConfig configures train.random.
type RandomConfig struct {
	Config string `json:"config" default:"{\"model_type\": \"bert\"}" doc:"The model's config.json, as text. What is left out is transformers' default; vocab_size is the tokenizer's."`
	Seed   int64  `json:"seed" default:"1" doc:"Seed of the weights."`
}

type randomModel struct {
	onDevice
	config RandomConfig
}

func newRandom(env *stages.Environment, c RandomConfig) (stages.Job, error) {
	_, err := c.sized(math.MaxInt32) // whatever ids the configuration names are in it
	return &randomModel{onDevice{env}, c}, err
}

// sized is the configuration for a vocabulary of that size.
func (c RandomConfig) sized(vocabulary int) (model.Config, error) {
	var keys map[string]any
	if err := jsonfile.Unmarshal([]byte(c.Config), &keys); err != nil {
		return nil, exit.Errorf(exit.Usage, "config: %w", err)
	}
	if keys["vocab_size"] != nil {
		return nil, exit.Errorf(exit.Usage, "config: vocab_size is the tokenizer's; leave it out")
	}
	keys["vocab_size"] = vocabulary
	data, err := json.Marshal(keys)
	if err != nil {
		return nil, err
	}
	config, err := model.ParseConfig(data)
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "config: %w", err)
	}
	return config, nil
}

// Check implements stages.Checked.
func (r *randomModel) Check(context.Context, stages.Givers) []stages.Fault { return r.wanted() }

// Run implements stages.Job.
func (r *randomModel) Run(ctx context.Context, in stages.Inputs, out *dataset.Writer) error {
	given := in.One("tokenizer")
	if err := given.CheckFiles(ctx); err != nil {
		return err
	}
	tokens, err := tokenizer.Open(ctx, given.Dir())
	if err != nil {
		return err
	}
	config, err := r.config.sized(tokens.Size())
	if err != nil {
		return err
	}
	return r.onBackend(ctx, func(b kernel.Backend) error {
		n, err := config.Random(ctx, b, graph.Trainable, r.config.Seed)
		if err != nil {
			return err
		}
		m := model.New(n)
		defer m.Close()
		m.Params().Until(ctx)
		out.SetSeed("weights", r.config.Seed)
		return r.write(out, m, tokens)
	})
}

func (r *randomModel) write(out *dataset.Writer, m *model.Model, tokens tokenizer.Tokenizer) error {
	if err := writeFiles(out, "", m.Files()); err != nil {
		return err
	}
	if err := leakage.WritePatients(out, slices.Values([]int64(nil))); err != nil {
		return err
	}
	return tokens.Save(out)
}
