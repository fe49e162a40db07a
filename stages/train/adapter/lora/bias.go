package lora

import (
	"slices"
	"strings"

	"github.com/clinflow/clinflow/stages/train/adapter"
)

// trainBiases has biases of the base trained along with the updates: all, or those of the
// layers that get one.
func (c Config) trainBiases(t *adapter.Tensors, base adapter.Base, layers []adapter.Layer) {
	for _, p := range base.Params {
		module, isBias := strings.CutSuffix(p.Name(), ".bias")
		targeted := slices.ContainsFunc(layers, func(l adapter.Layer) bool { return l.Name == module })
		switch {
		case !isBias || base.Saved(module) || c.Bias != biasAll && !(c.Bias == biasLoraOnly && targeted):
		case targeted: // PEFT's layer holds the base's one
			t.Copy(t.Prefix+module+".base_layer.bias", p)
		default:
			t.Copy(t.Prefix+p.Name(), p)
		}
	}
	if c.Bias == biasAll {
		t.Redundant(savedTwice)
	}
}

// savedTwice are the biases of modules_to_save that PEFT writes once more with bias all:
// that of the base, which nothing computes with, and the trained one under another name.
func savedTwice(tensor string) bool {
	return strings.HasSuffix(tensor, ".bias") && (strings.Contains(tensor, ".original_module.") || strings.Contains(tensor, ".modules_to_save."))
}
