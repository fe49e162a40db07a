// Package ptuning is p-tuning (Liu et al. 2021, arXiv:2103.10385): rows that a trained
// network makes stand before the embedded tokens of each text.
package ptuning

import (
	"fmt"
	"maps"

	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/adapter/virtual"
)

// PEFTType is the method's name in adapter_config.json.
const PEFTType = "P_TUNING"

// Type is its name in a DAG file.
const Type = "p_tuning"

// The networks: encoder_reparameterization_type.
const (
	MLP  = "MLP"
	LSTM = "LSTM"
)

func init() {
	adapter.Register[Settings](adapter.Kind{PEFTType: PEFTType, Types: []string{Type}, Prefix: virtual.Prefix, Read: read})
}

// Settings are the method's keys of `peft` in a DAG file.
type Settings struct {
	virtual.Settings
	Reparameterization string  `json:"encoder_reparameterization_type" default:"MLP" enum:"MLP,LSTM" doc:"The network that makes the virtual tokens: three linear layers, or an LSTM in both directions with two linear layers behind it. The file gets what it makes, so that the adapter cannot be trained further."`
	HiddenSize         int     `json:"encoder_hidden_size,omitempty" min:"1" doc:"Columns inside the network, of each direction of an LSTM; left out, as many as a hidden state of the model has."`
	NumLayers          int     `json:"encoder_num_layers" default:"2" min:"1" doc:"Layers of an LSTM."`
	Dropout            float64 `json:"encoder_dropout" default:"0" min:"0" max:"1" doc:"Dropout between the layers of an LSTM."`
}

// Method implements adapter.Settings.
func (s Settings) Method(string) adapter.MethodConfig {
	return Config{virtual.Tokens{NumVirtualTokens: s.NumVirtualTokens}, s.Reparameterization, s.HiddenSize, s.NumLayers, s.Dropout}
}

// Config is the configuration, with the names of PEFT's PromptEncoderConfig.
type Config struct {
	virtual.Tokens
	EncoderReparameterizationType string  // MLP or LSTM
	EncoderHiddenSize             int     // 0: TokenDim
	EncoderNumLayers              int     // of an LSTM
	EncoderDropout                float64 // of an LSTM, while training
}

// Check implements adapter.MethodConfig.
func (c Config) Check(bool) error {
	switch {
	case c.EncoderReparameterizationType != MLP && c.EncoderReparameterizationType != LSTM:
		return fmt.Errorf("encoder_reparameterization_type: is %q, must be %s or %s", c.EncoderReparameterizationType, MLP, LSTM)
	case c.EncoderHiddenSize < 0:
		return fmt.Errorf("encoder_hidden_size: is %d, must be at least 1", c.EncoderHiddenSize)
	case c.EncoderNumLayers < 1:
		return fmt.Errorf("encoder_num_layers: is %d, must be at least 1", c.EncoderNumLayers)
	case !(c.EncoderDropout >= 0 && c.EncoderDropout < 1):
		return fmt.Errorf("encoder_dropout: is %g, must be in [0, 1)", c.EncoderDropout)
	}
	return c.Tokens.Check()
}

// For implements adapter.Resolver.
func (c Config) For(base adapter.Base) (_ adapter.MethodConfig, err error) {
	c.Tokens, err = c.OverHidden(base)
	if c.EncoderHiddenSize == 0 {
		c.EncoderHiddenSize = c.TokenDim
	}
	return c, err
}

// Build implements adapter.MethodConfig.
func (c Config) Build(t *adapter.Tensors, base adapter.Base) (adapter.Method, error) {
	network := c.mlp
	if c.EncoderReparameterizationType == LSTM {
		network = c.lstm
	}
	rows, err := c.Encoded(t, base.Hidden, network)
	return &virtual.Before{Tokens: c.NumVirtualTokens, Rows: rows}, err
}

// Keys implements adapter.MethodConfig.
func (c Config) Keys() map[string]any {
	keys := map[string]any{
		"encoder_reparameterization_type": c.EncoderReparameterizationType, "encoder_hidden_size": c.EncoderHiddenSize,
		"encoder_num_layers": c.EncoderNumLayers, "encoder_dropout": c.EncoderDropout,
	}
	maps.Copy(keys, c.Tokens.Keys())
	return keys
}

func read(k *adapter.Keys) adapter.MethodConfig {
	c := Config{Tokens: virtual.Read(k), EncoderReparameterizationType: MLP, EncoderNumLayers: 2} // PromptEncoderConfig's defaults
	k.Get("encoder_reparameterization_type", &c.EncoderReparameterizationType)
	k.Get("encoder_hidden_size", &c.EncoderHiddenSize)
	k.Get("encoder_num_layers", &c.EncoderNumLayers)
	k.Get("encoder_dropout", &c.EncoderDropout)
	return c
}
