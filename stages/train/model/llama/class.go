package llama

import (
	"encoding/json"
	"reflect"

	"github.com/clinflow/clinflow/stages/train/model"
)

// Class is a class of transformers that this package computes: a model_type.
type Class int

// The family's classes.
const (
	Llama   Class = iota
	Qwen2         // biases on queries, keys and values
	Mistral       // perhaps a sliding window
)

// classes are what the configurations of a Class differ in.
var classes = []struct {
	modelType, architecture string
	// defaults are the values of keys that may be left out; null means none.
	defaults func() configFile
	// demanded are keys for which this class takes no null, though others do.
	demanded []string
}{
	Llama: {"llama", "LlamaForCausalLM", func() configFile {
		return configFile{
			RMSNormEps: 1e-6, InitializerRange: 0.02, MaxPositionEmbeddings: 2048, HiddenAct: silu, IsCausal: true,
			BosTokenID: new(int32(1)), EosTokenID: json.RawMessage("2"),
		}
	}, nil},
	Qwen2: {"qwen2", "Qwen2ForCausalLM", func() configFile {
		return configFile{
			RMSNormEps: 1e-6, InitializerRange: 0.02, MaxPositionEmbeddings: 32768, HiddenAct: silu, IsCausal: true,
			NumKeyValueHeads: new(32), SlidingWindow: new(4096), MaxWindowLayers: 28,
		}
	}, []string{"head_dim"}},
	Mistral: {"mistral", "MistralForCausalLM", func() configFile {
		return configFile{
			RMSNormEps: 1e-6, InitializerRange: 0.02, MaxPositionEmbeddings: 4096 * 32, HiddenAct: silu, IsCausal: true,
			NumKeyValueHeads: new(8), SlidingWindow: new(4096), BosTokenID: new(int32(1)), EosTokenID: json.RawMessage("2"),
		}
	}, []string{"num_key_value_heads"}},
}

// String is the class' model_type.
func (c Class) String() string { return classes[c].modelType }

// keys are what the class reads of config.json.
func (c Class) keys() model.Keys {
	return model.Keys{ModelType: c.String(), File: reflect.TypeFor[configFile](), Demanded: classes[c].demanded}
}
