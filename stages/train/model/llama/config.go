package llama

import (
	"errors"
	"fmt"
	"math"

	"github.com/clinflow/clinflow/stages/train/model"
)

// Config is a model's configuration with the names of Hugging Face's LlamaConfig,
// Qwen2Config and MistralConfig.
type Config struct {
	Class                 Class
	HiddenSize            int
	IntermediateSize      int
	NumHiddenLayers       int
	NumAttentionHeads     int
	NumKeyValueHeads      int // fewer than NumAttentionHeads: grouped-query attention
	HeadDim               int
	VocabSize             int
	MaxPositionEmbeddings int // tokens
	RMSNormEps            float64
	RopeTheta             float64
	RopeScaling           RopeScaling
	AttentionBias         bool     // Llama: queries, keys, values and outputs have biases
	MLPBias               bool     // Llama: gates, ups and downs have biases
	SlidingWindow         int      // tokens that a query sees; 0: all before it
	LayerTypes            []string // Qwen2 with a window: which layers have it
	AttentionDropout      float64  // of attention probabilities, in training
	InitializerRange      float64  // standard deviation of initial weights
	TieWordEmbeddings     bool
	BosTokenID            int32 // -1: none
	PadTokenID            int32 // -1: none
	EosTokenIDs           []int32
}

// Limits implements model.Config. Where no sequence is longer than the window, attention
// without a window is the same (kv_idx > q_idx - sliding_window of masking_utils.py).
func (c Config) Limits() model.Limits {
	return model.Limits{Vocabulary: c.VocabSize, Positions: c.MaxPositionEmbeddings, Window: c.SlidingWindow}
}

// Language implements model.Config.
func (c Config) Language() bool { return true }

// projectionBias says whether queries, keys and values have biases.
func (c Config) projectionBias() bool { return c.AttentionBias || c.Class == Qwen2 }

// keyColumns are those of a layer's keys, and of its values.
func (c Config) keyColumns() int { return c.NumKeyValueHeads * c.HeadDim }

// Check says whether the sizes fit together.
func (c Config) Check() error {
	for _, size := range []struct {
		key   string
		value int
	}{
		{"hidden_size", c.HiddenSize}, {"intermediate_size", c.IntermediateSize},
		{"num_hidden_layers", c.NumHiddenLayers}, {"num_attention_heads", c.NumAttentionHeads},
		{"num_key_value_heads", c.NumKeyValueHeads}, {"head_dim", c.HeadDim},
		{"vocab_size", c.VocabSize}, {"max_position_embeddings", c.MaxPositionEmbeddings},
	} {
		if size.value < 1 || size.value > math.MaxInt32 {
			return fmt.Errorf("%s: is %d, must be at least 1", size.key, size.value)
		}
	}
	switch {
	case c.Class == Llama && c.HiddenSize%c.NumAttentionHeads != 0: // the others may have wider or narrower heads
		return fmt.Errorf("num_attention_heads: %d does not divide hidden_size %d", c.NumAttentionHeads, c.HiddenSize)
	case c.NumAttentionHeads%c.NumKeyValueHeads != 0:
		return fmt.Errorf("num_key_value_heads: %d does not divide num_attention_heads %d", c.NumKeyValueHeads, c.NumAttentionHeads)
	case int(c.PadTokenID) >= c.VocabSize:
		return fmt.Errorf("pad_token_id: is %d, outside the vocabulary of %d", c.PadTokenID, c.VocabSize)
	case c.HeadDim%2 != 0:
		return fmt.Errorf("head_dim: is %d, must be even for rotary embeddings", c.HeadDim)
	case !(c.AttentionDropout >= 0 && c.AttentionDropout < 1):
		return fmt.Errorf("attention_dropout: is %g, must be at least 0 and below 1", c.AttentionDropout)
	case !(c.RMSNormEps > 0) || !(c.RopeTheta > 0) || !(c.InitializerRange >= 0):
		return errors.New("rms_norm_eps and rope_theta must be above zero, initializer_range not below")
	}
	return c.RopeScaling.check()
}
