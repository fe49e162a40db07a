// Package virtual is what the methods with virtual tokens have in common: the keys of
// PEFT's PromptLearningConfig, the file's one tensor, encoders, and rows before a text.
package virtual

import (
	"fmt"

	"github.com/clinflow/clinflow/stages/train/adapter"
)

// Prefix stands before the names of the base's modules in the file: PEFT wraps the model
// in one module alone.
const Prefix = "base_model."

// Settings are the keys of `peft` in a DAG file that all these methods have.
type Settings struct {
	NumVirtualTokens int `json:"num_virtual_tokens" min:"1" doc:"Virtual tokens before each text; they take positions of the model."`
}

// Tokens are the keys of PEFT's PromptLearningConfig. Of those that the base decides 0 is
// one that is left to it.
type Tokens struct {
	NumVirtualTokens  int
	TokenDim          int // columns of a virtual token
	NumLayers         int
	NumAttentionHeads int
}

// Read takes the keys.
func Read(k *adapter.Keys) (t Tokens) {
	k.Number("num_virtual_tokens", &t.NumVirtualTokens)
	k.Get("token_dim", &t.TokenDim)
	k.Get("num_layers", &t.NumLayers)
	k.Get("num_attention_heads", &t.NumAttentionHeads)
	submodules := 1
	if k.Get("num_transformer_submodules", &submodules); submodules != 1 {
		k.Fail("num_transformer_submodules: is %d; only 1, a model without an encoder beside its decoder, is supported", submodules)
	}
	return t
}

// Keys are the keys and their values.
func (t Tokens) Keys() map[string]any {
	return map[string]any{
		"num_virtual_tokens": t.NumVirtualTokens, "token_dim": t.TokenDim, "num_layers": t.NumLayers,
		"num_attention_heads": t.NumAttentionHeads, "num_transformer_submodules": 1,
	}
}

// most bounds what a damaged configuration may ask for: no model has as many positions.
const most = 1 << 24

// Check says whether there are virtual tokens.
func (t Tokens) Check() error {
	if t.NumVirtualTokens < 1 || t.NumVirtualTokens > most {
		return fmt.Errorf("num_virtual_tokens: is %d, must be 1 to %d", t.NumVirtualTokens, most)
	}
	return nil
}

// OverHidden fills in what the base decides where virtual tokens are hidden states.
func (t Tokens) OverHidden(base adapter.Base) (Tokens, error) {
	return t.over(base.Hidden, base.Attentions, base.Heads)
}

// OverKeys is OverHidden where virtual tokens are keys and values.
func (t Tokens) OverKeys(base adapter.Base) (Tokens, error) {
	return t.over(base.KeyColumns, base.Attentions, base.KVHeads)
}

func (t Tokens) over(columns, layers, heads int) (Tokens, error) {
	for _, size := range []struct {
		key  string
		set  *int
		base int
	}{{"token_dim", &t.TokenDim, columns}, {"num_layers", &t.NumLayers, layers}, {"num_attention_heads", &t.NumAttentionHeads, heads}} {
		if *size.set != 0 && *size.set != size.base {
			return t, fmt.Errorf("%s: is %d, the base model's is %d; was the adapter made for another base?", size.key, *size.set, size.base)
		}
		*size.set = size.base
	}
	return t, nil
}
