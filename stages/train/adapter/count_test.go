package adapter_test

import (
	"testing"

	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/model"
	"github.com/clinflow/clinflow/stages/train/model/llama"
)

// sevenB is the shape of LLaMA-7B.
var sevenB = llama.Config{
	HiddenSize: 4096, IntermediateSize: 11008, NumHiddenLayers: 32, NumAttentionHeads: 32, NumKeyValueHeads: 32, HeadDim: 128,
	VocabSize: 32000, MaxPositionEmbeddings: 2048, RMSNormEps: 1e-6, RopeTheta: 10000,
}

// The paper's Table 2.
func TestCountsOfTheLargeModel(t *testing.T) {
	for yaml, want := range map[string]int64{
		"{r: 16}": 8388608,
		"{r: 4}":  2097152,
		"{type: adaption_prompt, adapter_len: 10, adapter_layers: 30}":                                                                     1228830,
		"{type: prefix_tuning, num_virtual_tokens: 20}":                                                                                    5242880,
		"{type: prefix_tuning, num_virtual_tokens: 10}":                                                                                    2621440,
		"{type: prompt_tuning, num_virtual_tokens: 15}":                                                                                    61440,
		"{type: prompt_tuning, num_virtual_tokens: 10, prompt_tuning_init: TEXT}":                                                          40960,
		"{type: p_tuning, num_virtual_tokens: 20, encoder_reparameterization_type: LSTM, encoder_hidden_size: 256, encoder_num_layers: 4}": 16093696,
		"{type: p_tuning, num_virtual_tokens: 1, encoder_hidden_size: 256}":                                                                2171392,
		"{type: prefix_tuning, num_virtual_tokens: 20, prefix_projection: true, encoder_hidden_size: 512}":                                 20*4096 + 512*4097 + 64*4096*513,
	} {
		if got := must(model.Count(sevenB, configOf(t, yaml, adapter.CausalLM, "7b"), 0))(t).Trainable; got != want {
			t.Errorf("%s: %d, want %d", yaml, got, want)
		}
		if got := must(model.Count(sevenB, configOf(t, yaml, adapter.SeqCls, "7b"), 2))(t).Trainable; got != want+2*4096 {
			t.Errorf("%s with a head of two labels: %d, want %d", yaml, got, want+2*4096)
		}
	}
}
