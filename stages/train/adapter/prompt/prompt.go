// Package prompt is prompt tuning (Lester et al. 2021, arXiv:2104.08691): trained rows
// stand before the embedded tokens of each text.
package prompt

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"

	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/adapter/virtual"
)

// PEFTType is the method's name in adapter_config.json.
const PEFTType = "PROMPT_TUNING"

// Type is its name in a DAG file.
const Type = "prompt_tuning"

// The ways to begin: prompt_tuning_init.
const (
	Random = "RANDOM" // standard normal numbers
	Text   = "TEXT"   // the base's own rows of a text's tokens
	sample = "SAMPLE_VOCAB"
)

func init() {
	adapter.Register[Settings](adapter.Kind{PEFTType: PEFTType, Types: []string{Type}, Prefix: virtual.Prefix, Read: read})
}

// Settings are the method's keys of `peft` in a DAG file.
type Settings struct {
	virtual.Settings
	PromptTuningInit     string `json:"prompt_tuning_init" default:"RANDOM" enum:"RANDOM,TEXT" doc:"What the virtual tokens are at first: standard normal numbers, or the base's own embedding of the tokens of prompt_tuning_init_text, repeated or cut."`
	PromptTuningInitText string `json:"prompt_tuning_init_text" default:"Finish this clinical note:" doc:"The text of TEXT; the tokenizer in the base's folder encodes it."`
}

// Method implements adapter.Settings.
func (s Settings) Method(string) adapter.MethodConfig {
	c := Config{Tokens: virtual.Tokens{NumVirtualTokens: s.NumVirtualTokens}, PromptTuningInit: s.PromptTuningInit}
	if c.PromptTuningInit == Text {
		c.PromptTuningInitText = s.PromptTuningInitText
	}
	return c
}

// Config is the configuration, with the names of PEFT's PromptTuningConfig.
type Config struct {
	virtual.Tokens
	PromptTuningInit     string // Random or Text
	PromptTuningInitText string // of Text
	TokenizerNameOrPath  string // of Text; "": the base's own
}

// Check implements adapter.MethodConfig.
func (c Config) Check(bool) error {
	switch c.PromptTuningInit {
	case Random, sample:
	case Text:
		if c.PromptTuningInitText == "" {
			return errors.New("prompt_tuning_init_text: is missing; TEXT begins with the embedding of a text")
		}
	default:
		return fmt.Errorf("prompt_tuning_init: is %q, must be %s or %s", c.PromptTuningInit, Random, Text)
	}
	return c.Tokens.Check()
}

// For implements adapter.Resolver.
func (c Config) For(base adapter.Base) (_ adapter.MethodConfig, err error) {
	c.Tokens, err = c.OverHidden(base)
	if c.PromptTuningInit == Text && c.TokenizerNameOrPath == "" {
		c.TokenizerNameOrPath = filepath.Base(base.Folder)
	}
	return c, err
}

// Build implements adapter.MethodConfig.
func (c Config) Build(t *adapter.Tensors, base adapter.Base) (adapter.Method, error) {
	draw := adapter.Normal(1) // torch.nn.Embedding
	if c.PromptTuningInit == Text {
		draw = c.embedding(t, base)
	}
	rows := t.Add(virtual.FileName, draw, c.NumVirtualTokens, base.Hidden)
	return &virtual.Before{Tokens: c.NumVirtualTokens, Rows: virtual.All(rows)}, nil
}

// Keys implements adapter.MethodConfig.
func (c Config) Keys() map[string]any {
	keys := map[string]any{
		"prompt_tuning_init": c.PromptTuningInit, "prompt_tuning_init_text": nil, "tokenizer_name_or_path": nil, "tokenizer_kwargs": nil,
	}
	if c.PromptTuningInit == Text { // PEFT demands both of it
		keys["prompt_tuning_init_text"], keys["tokenizer_name_or_path"] = c.PromptTuningInitText, c.TokenizerNameOrPath
	}
	maps.Copy(keys, c.Tokens.Keys())
	return keys
}

func read(k *adapter.Keys) adapter.MethodConfig {
	c := Config{Tokens: virtual.Read(k), PromptTuningInit: Random}
	k.Get("prompt_tuning_init", &c.PromptTuningInit)
	k.Get("prompt_tuning_init_text", &c.PromptTuningInitText)
	k.Get("tokenizer_name_or_path", &c.TokenizerNameOrPath)
	switch { // as PEFT demands, though a finished adapter needs no tokenizer
	case c.PromptTuningInit != Text:
		k.Neutral("tokenizer_kwargs")
	case c.TokenizerNameOrPath == "":
		k.Fail("tokenizer_name_or_path: is missing; TEXT begins with the tokens of a text")
	}
	k.Harmless("tokenizer_kwargs")
	return c
}
