package adapter_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/stages/train/adapter"
)

// sevenB is LLaMA-7B as an adapter sees it.
func sevenB() adapter.Base {
	b := adapter.Base{
		ModelType: "llama", Attentions: 32, Heads: 32, KVHeads: 32, KeyColumns: 4096, Hidden: 4096,
		InitializerRange: 0.02, Head: adapter.HeadModule{Name: "score"},
	}
	for i := range b.Attentions {
		for _, name := range []string{"q_proj", "k_proj", "v_proj", "o_proj"} {
			b.Layers = append(b.Layers, adapter.Layer{Name: fmt.Sprintf("model.layers.%d.self_attn.%s", i, name), In: 4096, Out: 4096})
		}
	}
	return b
}

// The paper's Table 2.
func TestCountsOfTheLargeModel(t *testing.T) {
	for yaml, want := range map[string]int{
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
		var peft adapter.PEFT
		if err := json.Unmarshal(must(dags.Resolve("peft", []byte(yaml), peft.Fields()))(t), &peft); err != nil {
			t.Fatal(err)
		}
		if got := must(adapter.Count(peft.Config(adapter.CausalLM, "7b"), sevenB(), 0))(t); got != want {
			t.Errorf("%s: %d, want %d", yaml, got, want)
		}
		if got := must(adapter.Count(peft.Config(adapter.SeqCls, "7b"), sevenB(), 2))(t); got != want+2*4096 {
			t.Errorf("%s with a head of two labels: %d, want %d", yaml, got, want+2*4096)
		}
	}
}
