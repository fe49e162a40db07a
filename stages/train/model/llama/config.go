package llama

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/clinflow/clinflow/stages/train/model"
)

// Config is a LLaMA's configuration with the names of Hugging Face's LlamaConfig.
type Config struct {
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
	InitializerRange      float64 // standard deviation of initial weights
	TieWordEmbeddings     bool
	BosTokenID            int32 // -1: none
	PadTokenID            int32 // -1: none
	EosTokenIDs           []int32
}

// Limits implements model.Config.
func (c Config) Limits() model.Limits {
	return model.Limits{Vocabulary: c.VocabSize, Positions: c.MaxPositionEmbeddings}
}

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
	case c.NumAttentionHeads%c.NumKeyValueHeads != 0:
		return fmt.Errorf("num_key_value_heads: %d does not divide num_attention_heads %d", c.NumKeyValueHeads, c.NumAttentionHeads)
	case c.HeadDim%2 != 0:
		return fmt.Errorf("head_dim: is %d, must be even for rotary embeddings", c.HeadDim)
	case !(c.RMSNormEps > 0) || !(c.RopeTheta > 0) || !(c.InitializerRange >= 0):
		return errors.New("rms_norm_eps and rope_theta must be above zero, initializer_range not below")
	}
	return nil
}

// Write writes config.json with sorted keys; transformers 4 and 5 read it.
func (c Config) Write(w io.Writer) error {
	keys := map[string]any{
		"architectures": []string{"LlamaForCausalLM"}, "model_type": modelType,
		"hidden_size": c.HiddenSize, "intermediate_size": c.IntermediateSize,
		"num_hidden_layers": c.NumHiddenLayers, "num_attention_heads": c.NumAttentionHeads,
		"num_key_value_heads": c.NumKeyValueHeads, "head_dim": c.HeadDim,
		"vocab_size": c.VocabSize, "max_position_embeddings": c.MaxPositionEmbeddings,
		"rms_norm_eps": c.RMSNormEps, "rope_theta": c.RopeTheta, "rope_scaling": nil,
		"initializer_range": c.InitializerRange, "tie_word_embeddings": c.TieWordEmbeddings,
		"bos_token_id": orNull(c.BosTokenID), "pad_token_id": orNull(c.PadTokenID), "eos_token_id": endTokens(c.EosTokenIDs),
		"hidden_act": silu, "attention_bias": false, "mlp_bias": false, "torch_dtype": "float32",
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(keys)
}

func orNull(id int32) any {
	if id < 0 {
		return nil
	}
	return id
}

// endTokens writes one id bare, as most readers expect it.
func endTokens(ids []int32) any {
	switch len(ids) {
	case 0:
		return nil
	case 1:
		return ids[0]
	default:
		return ids
	}
}
