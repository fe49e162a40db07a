package lora

import (
	"encoding/json"
	"slices"

	"github.com/clinflow/clinflow/stages/train/adapter"
)

// neutral are settings of LoraConfig (peft 0.21 and before) that change what an
// adapter computes: only their defaults are supported.
var neutral = []string{
	"alora_invocation_tokens", "arrow_config", "corda_config", "ensure_weight_tying", "eva_config",
	"fan_in_fan_out", "kasa_config", "layer_replication", "loftq_config", "lora_bias", "lora_ga_config",
	"megatron_config", "monteclora_config", "target_parameters", "trainable_token_indices",
	"use_bdlora", "use_dora", "use_qalora", "velora_config",
}

// harmless are settings that do not matter to what a finished adapter computes.
var harmless = []string{"megatron_core", "qalora_group_size", "runtime_config"}

// Keys implements adapter.MethodConfig. All other settings of LoraConfig have their
// defaults.
func (c Config) Keys() map[string]any {
	keys := map[string]any{
		"bias": biasNone, "fan_in_fan_out": false, "init_lora_weights": true, "use_dora": false, "use_rslora": c.UseRSLoRA,
		"r": c.R, "lora_alpha": c.LoraAlpha, "lora_dropout": c.LoraDropout, "target_modules": list(c.TargetModules, c.TargetPattern),
	}
	if c.Bias != "" {
		keys["bias"] = c.Bias
	}
	switch c.Init {
	case initGaussian:
		keys["init_lora_weights"] = c.Init
	case initFalse:
		keys["init_lora_weights"] = false
	}
	c.chosenKeys(keys)
	return keys
}

// chosenKeys adds those that say which layers get what, where they are set.
func (c Config) chosenKeys(keys map[string]any) {
	if len(c.ExcludeModules) > 0 || c.ExcludePattern != "" {
		keys["exclude_modules"] = list(c.ExcludeModules, c.ExcludePattern)
	}
	if len(c.LayersToTransform) > 0 {
		keys["layers_to_transform"] = c.LayersToTransform
	}
	if len(c.LayersPattern) > 0 {
		keys["layers_pattern"] = c.LayersPattern
	}
	if len(c.RankPattern) > 0 {
		keys["rank_pattern"] = c.RankPattern
	}
	if len(c.AlphaPattern) > 0 {
		keys["alpha_pattern"] = c.AlphaPattern
	}
}

// list is target_modules or exclude_modules as PEFT writes it.
func list(names []string, pattern string) any {
	switch {
	case pattern != "":
		return pattern
	case len(names) > 0:
		return slices.Sorted(slices.Values(names))
	default:
		return nil
	}
}

func read(k *adapter.Keys) adapter.MethodConfig {
	c := Config{R: 8, LoraAlpha: 8} // LoraConfig's defaults
	k.Number("r", &c.R)
	k.Number("lora_alpha", &c.LoraAlpha)
	k.Number("lora_dropout", &c.LoraDropout)
	c.TargetModules, c.TargetPattern = readModules(k, "target_modules")
	if c.TargetModules != nil && len(c.TargetModules) == 0 {
		k.Fail("target_modules: is empty; null are those that PEFT takes for the model_type")
	}
	c.ExcludeModules, c.ExcludePattern = readModules(k, "exclude_modules")
	c.readLayers(k)
	k.Number("bias", &c.Bias)
	if c.Bias == biasNone {
		c.Bias = ""
	}
	k.Get("use_rslora", &c.UseRSLoRA)
	k.Number("rank_pattern", &c.RankPattern)
	k.Number("alpha_pattern", &c.AlphaPattern)
	c.Init = readInit(k)
	k.Neutral(neutral...)
	k.Harmless(harmless...)
	return c
}

// readModules reads a set of names, or a text that stands for one.
func readModules(k *adapter.Keys, key string) (names []string, pattern string) {
	raw := k.Take(key)
	switch {
	case len(raw) == 0 || string(raw) == "null":
	case json.Unmarshal(raw, &names) == nil:
		slices.Sort(names)
		return slices.Compact(names), ""
	case json.Unmarshal(raw, &pattern) != nil || pattern == "":
		k.Fail("%s: must be a list of layer names or a pattern for them", key)
	}
	return nil, pattern
}

// readLayers reads layers_to_transform and layers_pattern: a list of values, or one.
func (c *Config) readLayers(k *adapter.Keys) {
	c.LayersToTransform = oneOrMore[int](k, "layers_to_transform")
	c.LayersPattern = oneOrMore[string](k, "layers_pattern")
	if len(c.LayersPattern) == 1 && c.LayersPattern[0] == "" { // PEFT's word for any
		c.LayersPattern = nil
	}
}

func oneOrMore[V any](k *adapter.Keys, key string) (values []V) {
	raw := k.Take(key)
	var one V
	switch {
	case len(raw) == 0 || string(raw) == "null":
	case json.Unmarshal(raw, &one) == nil:
		return []V{one}
	case json.Unmarshal(raw, &values) != nil:
		k.Fail("%s: has the wrong type", key)
	}
	return values
}

// readInit reads init_lora_weights. Other initialisations (PiSSA, OLoRA, LoftQ, CorDA)
// change the base weights.
func readInit(k *adapter.Keys) string {
	switch raw := string(k.Take("init_lora_weights")); raw {
	case "", "true":
	case `"gaussian"`:
		return initGaussian
	case "false", "null":
		return initFalse
	default:
		k.Fail("init_lora_weights: this initialisation changes the base model and is not supported")
	}
	return ""
}
