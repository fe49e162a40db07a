package bert

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/clinflow/clinflow/internal/jsonfile"
	"github.com/clinflow/clinflow/stages/train/model"
)

const (
	modelType = "bert"
	absolute  = "absolute" // position_embedding_type
)

func init() {
	model.Register(modelType, func(_ string, data []byte) (model.Config, error) { return parseConfig(data) })
	// BlueBERT has the configuration of Google's own BERT.
	model.RegisterNameless(modelType, "attention_probs_dropout_prob", "hidden_dropout_prob", "type_vocab_size")
}

// configFile are the keys of config.json that matter.
type configFile struct {
	ModelType             string          `json:"model_type"`
	HiddenSize            int             `json:"hidden_size"`
	IntermediateSize      int             `json:"intermediate_size"`
	NumHiddenLayers       int             `json:"num_hidden_layers"`
	NumAttentionHeads     int             `json:"num_attention_heads"`
	VocabSize             int             `json:"vocab_size"`
	MaxPositionEmbeddings int             `json:"max_position_embeddings"`
	TypeVocabSize         int             `json:"type_vocab_size"`
	HiddenAct             Activation      `json:"hidden_act"`
	LayerNormEps          float64         `json:"layer_norm_eps"`
	HiddenDropout         float64         `json:"hidden_dropout_prob"`
	AttentionDropout      float64         `json:"attention_probs_dropout_prob"`
	ClassifierDropout     *float64        `json:"classifier_dropout"`
	InitializerRange      float64         `json:"initializer_range"`
	PadTokenID            *int32          `json:"pad_token_id"`
	PositionEmbeddingType string          `json:"position_embedding_type"`
	IsDecoder             bool            `json:"is_decoder"`
	AddCrossAttention     bool            `json:"add_cross_attention"`
	PrunedHeads           json.RawMessage `json:"pruned_heads"`
	QuantizationConfig    json.RawMessage `json:"quantization_config"`
}

// keys are what is read of config.json. Harmless are ids of special tokens, which the
// tokenizer gives, settings of BERT's first release and of gradient checkpointing, the
// tie of a head that is left aside, and the semantic types of UmlsBERT.
var keys = model.Keys{
	ModelType: modelType, File: reflect.TypeFor[configFile](),
	Harmless: []string{
		"bos_token_id", "eos_token_id", "sep_token_id", "decoder_start_token_id", "cross_attention_hidden_size",
		"directionality", "pooler_fc_size", "pooler_num_attention_heads", "pooler_num_fc_layers", "pooler_size_per_head", "pooler_type",
		"gradient_checkpointing", "output_past", "tie_encoder_decoder", "tie_word_embeddings", "tui_size",
	},
}

func parseConfig(data []byte) (Config, error) {
	// BertConfig's defaults for what may be left out.
	f := configFile{
		HiddenSize: 768, IntermediateSize: 3072, NumHiddenLayers: 12, NumAttentionHeads: 12, VocabSize: 30522,
		MaxPositionEmbeddings: 512, TypeVocabSize: 2, HiddenAct: "gelu", LayerNormEps: 1e-12, HiddenDropout: 0.1,
		AttentionDropout: 0.1, InitializerRange: 0.02, PositionEmbeddingType: absolute, PadTokenID: new(int32(0)),
	}
	if err := jsonfile.Exact(data, &f); err != nil {
		return Config{}, err
	}
	if err := keys.Refuse(data); err != nil {
		return Config{}, err
	}
	if err := f.supported(); err != nil {
		return Config{}, err
	}
	c := f.config()
	return c, c.Check()
}

func (f *configFile) supported() error {
	switch {
	case f.PositionEmbeddingType != absolute:
		return fmt.Errorf("position_embedding_type: is %q; only %s is supported", f.PositionEmbeddingType, absolute)
	case f.IsDecoder:
		return errors.New("is_decoder: must be false; a BERT whose tokens see those before them alone is not supported")
	case f.AddCrossAttention:
		return errors.New("add_cross_attention: must be false; attention to an encoder is not supported")
	case jsonfile.IsSet(f.PrunedHeads):
		return errors.New("pruned_heads: layers with fewer heads than num_attention_heads are not supported")
	case jsonfile.IsSet(f.QuantizationConfig):
		return errors.New("quantization_config: quantised weights are not supported; give the model in float32, float16 or bfloat16")
	}
	return nil
}

func (f *configFile) config() Config {
	c := Config{
		HiddenSize: f.HiddenSize, IntermediateSize: f.IntermediateSize, NumHiddenLayers: f.NumHiddenLayers,
		NumAttentionHeads: f.NumAttentionHeads, VocabSize: f.VocabSize, MaxPositionEmbeddings: f.MaxPositionEmbeddings,
		TypeVocabSize: f.TypeVocabSize, HiddenAct: f.HiddenAct, LayerNormEps: f.LayerNormEps, InitializerRange: f.InitializerRange,
		HiddenDropout: f.HiddenDropout, AttentionDropout: f.AttentionDropout, ClassifierDropout: f.HiddenDropout, PadTokenID: -1,
	}
	if f.PadTokenID != nil {
		c.PadTokenID = max(*f.PadTokenID, -1)
	}
	if f.ClassifierDropout != nil {
		c.ClassifierDropout = *f.ClassifierDropout
	}
	return c
}
