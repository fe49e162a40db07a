package llama

import (
	"encoding/json"
	"io"
)

// Write writes the config.json of its class with sorted keys; transformers 4 and 5 read it.
func (c Config) Write(w io.Writer) error {
	keys := map[string]any{
		"architectures": []string{classes[c.Class].architecture}, "model_type": c.Class.String(),
		"hidden_size": c.HiddenSize, "intermediate_size": c.IntermediateSize,
		"num_hidden_layers": c.NumHiddenLayers, "num_attention_heads": c.NumAttentionHeads,
		"num_key_value_heads": c.NumKeyValueHeads, "head_dim": c.HeadDim,
		"vocab_size": c.VocabSize, "max_position_embeddings": c.MaxPositionEmbeddings,
		"rms_norm_eps": c.RMSNormEps, "rope_theta": c.RopeTheta, "rope_scaling": c.RopeScaling.keys(),
		"initializer_range": c.InitializerRange, "tie_word_embeddings": c.TieWordEmbeddings,
		"bos_token_id": orNull(c.BosTokenID), "pad_token_id": orNull(c.PadTokenID), "eos_token_id": endTokens(c.EosTokenIDs),
		"hidden_act": silu, "torch_dtype": "float32",
	}
	if c.AttentionDropout != 0 {
		keys["attention_dropout"] = c.AttentionDropout
	}
	switch c.Class {
	case Llama:
		keys["attention_bias"], keys["mlp_bias"] = c.AttentionBias, c.MLPBias
	case Qwen2:
		keys["use_sliding_window"], keys["sliding_window"], keys["layer_types"] = c.SlidingWindow > 0, windowOrNull(c.SlidingWindow), c.LayerTypes
	case Mistral:
		keys["sliding_window"] = windowOrNull(c.SlidingWindow)
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

func windowOrNull(tokens int) any {
	if tokens == 0 {
		return nil
	}
	return tokens
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
