package lora

import (
	"encoding/json"
	"slices"

	"github.com/clinflow/clinflow/stages/train/adapter"
)

// noModules is PEFT's own name for an adapter that targets no layer: a head alone.
const noModules = "dummy-target-modules"

// neutral are settings of LoraConfig (peft 0.21 and before) that change what an
// adapter computes: only their defaults are supported.
var neutral = []string{
	"alora_invocation_tokens", "alpha_pattern", "arrow_config", "corda_config", "ensure_weight_tying",
	"eva_config", "exclude_modules", "fan_in_fan_out", "kasa_config", "layer_replication", "layers_pattern",
	"layers_to_transform", "loftq_config", "lora_bias", "lora_ga_config", "megatron_config",
	"monteclora_config", "rank_pattern", "target_parameters", "trainable_token_indices",
	"use_bdlora", "use_dora", "use_qalora", "use_rslora", "velora_config",
}

// harmless are settings that do not matter to what a finished adapter computes.
var harmless = []string{"megatron_core", "qalora_group_size", "runtime_config"}

// Keys implements adapter.MethodConfig. All other settings of LoraConfig have their
// defaults.
func (c Config) Keys() map[string]any {
	keys := map[string]any{
		"bias": "none", "fan_in_fan_out": false, "init_lora_weights": true, "use_dora": false, "use_rslora": false,
		"r": c.R, "lora_alpha": c.LoraAlpha, "lora_dropout": c.LoraDropout, "target_modules": noModules,
	}
	if len(c.TargetModules) > 0 {
		keys["target_modules"] = slices.Sorted(slices.Values(c.TargetModules))
	}
	return keys
}

func read(k *adapter.Keys) adapter.MethodConfig {
	c := Config{R: 8, LoraAlpha: 8} // LoraConfig's defaults
	k.Number("r", &c.R)
	k.Number("lora_alpha", &c.LoraAlpha)
	k.Get("lora_dropout", &c.LoraDropout)
	c.TargetModules = readTargets(k)
	bias := "none"
	if k.Get("bias", &bias); bias != "none" {
		k.Fail("bias: is %q; only none is supported", bias)
	}
	// Other initialisations (PiSSA, OLoRA, LoftQ, CorDA) change the base weights.
	if raw := k.Take("init_lora_weights"); len(raw) > 0 && !slices.Contains([]string{"true", "false", `"gaussian"`, "null"}, string(raw)) {
		k.Fail("init_lora_weights: this initialisation changes the base model and is not supported")
	}
	k.Neutral(neutral...)
	k.Harmless(harmless...)
	return c
}

// readTargets reads target_modules: a set of names, or PEFT's word for none.
func readTargets(k *adapter.Keys) []string {
	raw := k.Take("target_modules")
	var names []string
	if json.Unmarshal(raw, &names) == nil {
		slices.Sort(names)
		return slices.Compact(names)
	}
	var pattern string
	if json.Unmarshal(raw, &pattern) != nil || pattern != noModules {
		k.Fail("target_modules: must be a list of layer names; a pattern is not supported")
	}
	return nil
}
