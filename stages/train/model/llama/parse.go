package llama

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/clinflow/clinflow/internal/jsonfile"
	"github.com/clinflow/clinflow/stages/train/model"
)

const (
	modelType = "llama" // in config.json
	silu      = "silu"
)

func init() {
	model.Register(modelType, func(path string, data []byte) (model.Config, error) {
		c, err := parseConfig(data)
		if err == nil {
			tellUnknown(path, data)
		}
		return c, err
	})
}

// configFile are the keys of config.json that matter; see keys.go for the others.
type configFile struct {
	ModelType             string          `json:"model_type"`
	HiddenSize            int             `json:"hidden_size"`
	IntermediateSize      int             `json:"intermediate_size"`
	NumHiddenLayers       int             `json:"num_hidden_layers"`
	NumAttentionHeads     int             `json:"num_attention_heads"`
	NumKeyValueHeads      *int            `json:"num_key_value_heads"`
	HeadDim               *int            `json:"head_dim"`
	VocabSize             int             `json:"vocab_size"`
	MaxPositionEmbeddings int             `json:"max_position_embeddings"`
	RMSNormEps            float64         `json:"rms_norm_eps"`
	RopeTheta             json.RawMessage `json:"rope_theta"`
	RopeScaling           ropeParameters  `json:"rope_scaling"`
	RopeParameters        ropeParameters  `json:"rope_parameters"`
	PartialRotaryFactor   *float64        `json:"partial_rotary_factor"`
	IsCausal              *bool           `json:"is_causal"`
	InitializerRange      float64         `json:"initializer_range"`
	TieWordEmbeddings     bool            `json:"tie_word_embeddings"`
	BosTokenID            *int32          `json:"bos_token_id"`
	PadTokenID            *int32          `json:"pad_token_id"`
	EosTokenID            json.RawMessage `json:"eos_token_id"`
	HiddenAct             string          `json:"hidden_act"`
	AttentionBias         bool            `json:"attention_bias"`
	MLPBias               bool            `json:"mlp_bias"`
	AttentionDropout      float64         `json:"attention_dropout"`
	QuantizationConfig    json.RawMessage `json:"quantization_config"`
	PerLayerConfig        json.RawMessage `json:"per_layer_config"`
}

func parseConfig(data []byte) (Config, error) {
	// LlamaConfig's defaults for what may be left out; null means none.
	bos := int32(1)
	f := configFile{
		RMSNormEps: 1e-6, InitializerRange: 0.02, MaxPositionEmbeddings: 2048, HiddenAct: silu,
		BosTokenID: &bos, EosTokenID: json.RawMessage("2"),
	}
	if err := jsonfile.Exact(data, &f); err != nil {
		return Config{}, err
	}
	if err := refuseNulls(data); err != nil {
		return Config{}, err
	}
	if err := f.supported(); err != nil {
		return Config{}, err
	}
	c, err := f.config()
	if err != nil {
		return Config{}, err
	}
	return c, c.Check()
}

// refuseNulls refuses what transformers refuses: null is not its default.
func refuseNulls(data []byte) error {
	var keys map[string]json.RawMessage
	if err := jsonfile.Unmarshal(data, &keys); err != nil {
		return err
	}
	for _, key := range []string{"hidden_act", "max_position_embeddings", "rms_norm_eps"} {
		if string(keys[key]) == "null" {
			return fmt.Errorf("%s: is null; give the value that the model was trained with", key)
		}
	}
	return nil
}

func (f *configFile) supported() error {
	switch {
	case f.HiddenAct != silu:
		return fmt.Errorf("hidden_act: is %q; only %s is supported", f.HiddenAct, silu)
	case f.PartialRotaryFactor != nil && *f.PartialRotaryFactor != 1:
		return errors.New("partial_rotary_factor: must be 1; rotary embeddings of a part of a head are not supported")
	case f.IsCausal != nil && !*f.IsCausal:
		return errors.New("is_causal: must be true; attention to later tokens is not supported")
	case jsonfile.IsSet(f.PerLayerConfig):
		return errors.New("per_layer_config: layers of different shapes are not supported")
	case f.AttentionBias:
		return errors.New("attention_bias: must be false; attention with biases is not supported")
	case f.MLPBias:
		return errors.New("mlp_bias: must be false; a feed-forward network with biases is not supported")
	case f.AttentionDropout != 0:
		return errors.New("attention_dropout: must be 0; dropout of attention weights is not supported")
	case jsonfile.IsSet(f.QuantizationConfig):
		return errors.New("quantization_config: quantised weights are not supported; give the model in float32, float16 or bfloat16")
	}
	return nil
}

func (f *configFile) config() (Config, error) {
	c := Config{
		HiddenSize: f.HiddenSize, IntermediateSize: f.IntermediateSize, NumHiddenLayers: f.NumHiddenLayers,
		NumAttentionHeads: f.NumAttentionHeads, NumKeyValueHeads: f.NumAttentionHeads, VocabSize: f.VocabSize,
		MaxPositionEmbeddings: f.MaxPositionEmbeddings, RMSNormEps: f.RMSNormEps,
		InitializerRange: f.InitializerRange, TieWordEmbeddings: f.TieWordEmbeddings,
		BosTokenID: orNone(f.BosTokenID), PadTokenID: orNone(f.PadTokenID),
	}
	if f.NumKeyValueHeads != nil {
		c.NumKeyValueHeads = *f.NumKeyValueHeads
	}
	var err error
	if c.RopeTheta, err = f.theta(); err != nil {
		return Config{}, err
	}
	switch {
	case f.HeadDim != nil:
		c.HeadDim = *f.HeadDim
	case f.NumAttentionHeads > 0 && f.HiddenSize%f.NumAttentionHeads == 0:
		c.HeadDim = f.HiddenSize / f.NumAttentionHeads
	default:
		return Config{}, fmt.Errorf("num_attention_heads: %d does not divide hidden_size %d", f.NumAttentionHeads, f.HiddenSize)
	}
	c.EosTokenIDs, err = model.ParseEnds(f.EosTokenID)
	return c, err
}

// orNone is -1 for no id; old configurations have a pad_token_id of -1 themselves.
func orNone(id *int32) int32 {
	if id == nil {
		return -1
	}
	return max(*id, -1)
}
