package llama

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/clinflow/clinflow/internal/jsonfile"
	"github.com/clinflow/clinflow/stages/train/model"
)

const silu = "silu"

func init() {
	for c := range classes {
		model.Register(Class(c).String(), func(path string, data []byte) (model.Config, error) {
			return parseConfig(Class(c), path, data)
		})
	}
}

// configFile are the keys of config.json that matter; see model.Keys for the others.
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
	IsCausal              bool            `json:"is_causal"`
	InitializerRange      float64         `json:"initializer_range"`
	TieWordEmbeddings     bool            `json:"tie_word_embeddings"`
	BosTokenID            *int32          `json:"bos_token_id"`
	PadTokenID            *int32          `json:"pad_token_id"`
	EosTokenID            json.RawMessage `json:"eos_token_id"`
	HiddenAct             string          `json:"hidden_act"`
	AttentionDropout      float64         `json:"attention_dropout"`
	AttentionBias         bool            `json:"attention_bias" of:"llama"`
	MLPBias               bool            `json:"mlp_bias" of:"llama"`
	SlidingWindow         *int            `json:"sliding_window" of:"qwen2 mistral"`
	UseSlidingWindow      bool            `json:"use_sliding_window" of:"qwen2"`
	MaxWindowLayers       int             `json:"max_window_layers" of:"qwen2"`
	LayerTypes            []string        `json:"layer_types" of:"qwen2"`
	QuantizationConfig    json.RawMessage `json:"quantization_config"`
	PerLayerConfig        json.RawMessage `json:"per_layer_config"`
}

// parseConfig reads the config.json of a class; path is for warnings alone.
func parseConfig(class Class, path string, data []byte) (Config, error) {
	f := classes[class].defaults()
	if err := jsonfile.Exact(data, &f); err != nil {
		return Config{}, err
	}
	if err := class.keys().Refuse(data); err != nil {
		return Config{}, err
	}
	if err := f.supported(); err != nil {
		return Config{}, err
	}
	c, err := f.config(class, path)
	if err != nil {
		return Config{}, err
	}
	return c, c.Check()
}

func (f *configFile) supported() error {
	switch {
	case f.HiddenAct != silu:
		return fmt.Errorf("hidden_act: is %q; only %s is supported", f.HiddenAct, silu)
	case f.PartialRotaryFactor != nil && *f.PartialRotaryFactor != 1:
		return errors.New("partial_rotary_factor: must be 1; rotary embeddings of a part of a head are not supported")
	case !f.IsCausal:
		return errors.New("is_causal: must be true; attention to later tokens is not supported")
	case jsonfile.IsSet(f.PerLayerConfig):
		return errors.New("per_layer_config: layers of different shapes are not supported")
	case jsonfile.IsSet(f.QuantizationConfig):
		return errors.New("quantization_config: quantised weights are not supported; give the model in float32, float16 or bfloat16")
	}
	return nil
}

func (f *configFile) config(class Class, path string) (Config, error) {
	c := Config{
		Class: class, HiddenSize: f.HiddenSize, IntermediateSize: f.IntermediateSize, NumHiddenLayers: f.NumHiddenLayers,
		NumAttentionHeads: f.NumAttentionHeads, NumKeyValueHeads: f.NumAttentionHeads, VocabSize: f.VocabSize,
		MaxPositionEmbeddings: f.MaxPositionEmbeddings, RMSNormEps: f.RMSNormEps, AttentionBias: f.AttentionBias, MLPBias: f.MLPBias,
		AttentionDropout: f.AttentionDropout,
		InitializerRange: f.InitializerRange, TieWordEmbeddings: f.TieWordEmbeddings,
		BosTokenID: orNone(f.BosTokenID), PadTokenID: orNone(f.PadTokenID),
	}
	if f.NumKeyValueHeads != nil {
		c.NumKeyValueHeads = *f.NumKeyValueHeads
	}
	var err error
	if c.HeadDim, err = f.headDim(); err != nil {
		return Config{}, err
	}
	if c.RopeTheta, c.RopeScaling, err = f.rope(path); err != nil {
		return Config{}, err
	}
	if c.SlidingWindow, c.LayerTypes, err = f.window(class); err != nil {
		return Config{}, err
	}
	c.EosTokenIDs, err = model.ParseEnds(f.EosTokenID)
	return c, err
}

func (f *configFile) headDim() (int, error) {
	switch {
	case f.HeadDim != nil:
		return *f.HeadDim, nil
	case f.NumAttentionHeads > 0 && f.HiddenSize%f.NumAttentionHeads == 0:
		return f.HiddenSize / f.NumAttentionHeads, nil
	default:
		return 0, fmt.Errorf("num_attention_heads: %d does not divide hidden_size %d", f.NumAttentionHeads, f.HiddenSize)
	}
}

// orNone is -1 for no id; old configurations have a pad_token_id of -1 themselves.
func orNone(id *int32) int32 {
	if id == nil {
		return -1
	}
	return max(*id, -1)
}
