package bert

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/model"
)

// Config is a model's configuration with the names of Hugging Face's BertConfig.
type Config struct {
	HiddenSize            int
	IntermediateSize      int
	NumHiddenLayers       int
	NumAttentionHeads     int
	VocabSize             int
	MaxPositionEmbeddings int // tokens
	TypeVocabSize         int
	HiddenAct             Activation
	LayerNormEps          float64
	HiddenDropout         float64 // of embeddings and of what each part of a layer adds, in training
	AttentionDropout      float64 // of attention's probabilities, in training
	ClassifierDropout     float64 // of what the classification head reads, in training
	InitializerRange      float64 // standard deviation of initial weights
	PadTokenID            int32   // -1: none
}

// Activation is a hidden_act.
type Activation string

// activations are the functions of ACT2FN of transformers that are computed here.
var activations = map[Activation]kernel.Function{
	"gelu": kernel.GELU, "gelu_new": kernel.GELUTanh, "gelu_pytorch_tanh": kernel.GELUTanh, "relu": kernel.ReLU,
}

func (a Activation) function() kernel.Function { return activations[a] }

func (a Activation) check() error {
	if _, ok := activations[a]; ok {
		return nil
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(activations)) {
		names = append(names, string(name))
	}
	return fmt.Errorf("hidden_act: is %q; supported: %s", a, strings.Join(names, ", "))
}

// Limits implements model.Config.
func (c Config) Limits() model.Limits {
	return model.Limits{Vocabulary: c.VocabSize, Positions: c.MaxPositionEmbeddings}
}

// Language implements model.Config.
func (c Config) Language() bool { return false }

// Check says whether the settings fit together.
func (c Config) Check() error {
	for _, size := range []struct {
		key   string
		value int
	}{
		{"hidden_size", c.HiddenSize}, {"intermediate_size", c.IntermediateSize},
		{"num_hidden_layers", c.NumHiddenLayers}, {"num_attention_heads", c.NumAttentionHeads},
		{"vocab_size", c.VocabSize}, {"max_position_embeddings", c.MaxPositionEmbeddings}, {"type_vocab_size", c.TypeVocabSize},
	} {
		if size.value < 1 || size.value > math.MaxInt32 {
			return fmt.Errorf("%s: is %d, must be at least 1", size.key, size.value)
		}
	}
	for _, dropout := range []struct {
		key   string
		value float64
	}{
		{"hidden_dropout_prob", c.HiddenDropout}, {"attention_probs_dropout_prob", c.AttentionDropout}, {"classifier_dropout", c.ClassifierDropout},
	} {
		if !(dropout.value >= 0 && dropout.value < 1) {
			return fmt.Errorf("%s: is %g, must be in [0, 1)", dropout.key, dropout.value)
		}
	}
	switch {
	case c.HiddenSize%c.NumAttentionHeads != 0:
		return fmt.Errorf("num_attention_heads: %d does not divide hidden_size %d", c.NumAttentionHeads, c.HiddenSize)
	case !(c.LayerNormEps > 0) || !(c.InitializerRange >= 0):
		return errors.New("layer_norm_eps must be above zero, initializer_range not below")
	}
	if int(c.PadTokenID) >= c.VocabSize {
		return fmt.Errorf("pad_token_id: is %d, outside the vocabulary of %d", c.PadTokenID, c.VocabSize)
	}
	return c.HiddenAct.check()
}

// Write writes config.json with sorted keys; transformers 4 and 5 read it.
func (c Config) Write(w io.Writer) error {
	var pad *int32
	if c.PadTokenID >= 0 {
		pad = &c.PadTokenID
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(map[string]any{
		"architectures": []string{"BertModel"}, "model_type": modelType,
		"hidden_size": c.HiddenSize, "intermediate_size": c.IntermediateSize,
		"num_hidden_layers": c.NumHiddenLayers, "num_attention_heads": c.NumAttentionHeads,
		"vocab_size": c.VocabSize, "max_position_embeddings": c.MaxPositionEmbeddings, "type_vocab_size": c.TypeVocabSize,
		"hidden_act": c.HiddenAct, "layer_norm_eps": c.LayerNormEps, "initializer_range": c.InitializerRange,
		"hidden_dropout_prob": c.HiddenDropout, "attention_probs_dropout_prob": c.AttentionDropout, "classifier_dropout": c.ClassifierDropout,
		"position_embedding_type": absolute, "pad_token_id": pad, "torch_dtype": "float32",
	})
}
