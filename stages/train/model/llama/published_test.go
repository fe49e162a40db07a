package llama

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/clinflow/clinflow/stages/train/model"
)

// Keys as config.json files of published models have them: none of them is unknown.
func TestConfigurationsAsTheyArePublished(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		ok   func(Config) bool
	}{
		"LLaMA 7B, of transformers 4.28": {
			`{"_name_or_path": "x", "architectures": ["LlamaForCausalLM"], "bos_token_id": 1, "eos_token_id": 2, "hidden_act": "silu", "hidden_size": 4096,
			"initializer_range": 0.02, "intermediate_size": 11008, "max_position_embeddings": 2048, "model_type": "llama", "num_attention_heads": 32, "num_hidden_layers": 32,
			"pad_token_id": 0, "rms_norm_eps": 1e-06, "tie_word_embeddings": false, "torch_dtype": "float32", "transformers_version": "4.28.0.dev0", "use_cache": true, "vocab_size": 32000}`,
			func(c Config) bool { return c.HeadDim == 128 && c.NumKeyValueHeads == 32 && c.PadTokenID == 0 },
		},
		"Llama 3.2 1B": {
			`{"architectures": ["LlamaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0, "bos_token_id": 128000, "eos_token_id": [128001, 128008, 128009],
			"head_dim": 64, "hidden_act": "silu", "hidden_size": 2048, "initializer_range": 0.02, "intermediate_size": 8192, "max_position_embeddings": 131072, "mlp_bias": false,
			"model_type": "llama", "num_attention_heads": 32, "num_hidden_layers": 16, "num_key_value_heads": 8, "pretraining_tp": 1, "rms_norm_eps": 1e-05, "rope_scaling":
			{"factor": 32.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 8192, "rope_type": "llama3"}, "rope_theta": 500000.0,
			"tie_word_embeddings": true, "torch_dtype": "bfloat16", "transformers_version": "4.45.0.dev0", "use_cache": true, "vocab_size": 128256}`,
			func(c Config) bool {
				return c.RopeScaling == RopeScaling{llama3Rope, 32, 1, 4, 8192} && len(c.EosTokenIDs) == 3
			},
		},
		"Qwen2.5 7B": {
			`{"architectures": ["Qwen2ForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 151643, "eos_token_id": 151643, "hidden_act": "silu", "hidden_size": 3584,
			"initializer_range": 0.02, "intermediate_size": 18944, "max_position_embeddings": 131072, "max_window_layers": 28, "model_type": "qwen2", "num_attention_heads": 28,
			"num_hidden_layers": 28, "num_key_value_heads": 4, "rms_norm_eps": 1e-06, "rope_theta": 1000000.0, "sliding_window": 131072, "tie_word_embeddings": false,
			"torch_dtype": "bfloat16", "transformers_version": "4.40.1", "use_cache": true, "use_mrope": false, "use_sliding_window": false, "vocab_size": 152064}`,
			func(c Config) bool { return c.projectionBias() && !c.AttentionBias && c.SlidingWindow == 0 },
		},
		"Mistral 7B v0.1": {
			`{"architectures": ["MistralForCausalLM"], "bos_token_id": 1, "eos_token_id": 2, "hidden_act": "silu", "hidden_size": 4096, "initializer_range": 0.02,
			"intermediate_size": 14336, "max_position_embeddings": 32768, "model_type": "mistral", "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 8,
			"rms_norm_eps": 1e-05, "rope_theta": 10000.0, "sliding_window": 4096, "tie_word_embeddings": false, "torch_dtype": "bfloat16", "transformers_version": "4.34.0.dev0",
			"use_cache": true, "vocab_size": 32000}`,
			func(c Config) bool { return c.Limits().Longest() == 4096 },
		},
		"Mistral Nemo": {
			`{"architectures": ["MistralForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 1, "eos_token_id": 2, "head_dim": 128, "hidden_act": "silu", "hidden_size": 5120,
			"initializer_range": 0.02, "intermediate_size": 14336, "max_position_embeddings": 128000, "model_type": "mistral", "num_attention_heads": 32, "num_hidden_layers": 40,
			"num_key_value_heads": 8, "rms_norm_eps": 1e-05, "rope_theta": 1000000.0, "sliding_window": null, "tie_word_embeddings": false, "torch_dtype": "bfloat16",
			"transformers_version": "4.43.3", "use_cache": true, "vocab_size": 131072}`,
			func(c Config) bool { return c.Limits().Longest() == 128000 && c.HeadDim == 128 },
		},
		"SmolLM": {
			`{"architectures": ["LlamaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0, "bos_token_id": 0, "eos_token_id": 0, "hidden_act": "silu", "hidden_size": 576,
			"initializer_range": 0.041666666666666664, "intermediate_size": 1536, "is_llama_config": true, "max_position_embeddings": 8192, "mlp_bias": false, "model_type": "llama",
			"num_attention_heads": 9, "num_hidden_layers": 30, "num_key_value_heads": 3, "pretraining_tp": 1, "rms_norm_eps": 1e-05, "rope_interleaved": false, "rope_scaling": null,
			"rope_theta": 100000, "tie_word_embeddings": true, "torch_dtype": "bfloat16", "transformers.js_config": {"kv_cache_dtype": {"q4f16": "float16"}}, "use_cache": true, "vocab_size": 49152}`,
			func(c Config) bool { return c.HeadDim == 64 && c.TieWordEmbeddings },
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, model.ConfigName), []byte(c.file), 0o600); err != nil {
				t.Fatal(err)
			}
			if got, err := model.ReadConfig(dir); err != nil || !c.ok(got.(Config)) {
				t.Errorf("read as %+v, %v", got, err)
			}
		})
	}
}
