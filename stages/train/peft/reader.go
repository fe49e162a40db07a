package peft

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

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
var harmless = []string{
	"auto_mapping", "inference_mode", "megatron_core", "peft_version", "qalora_group_size", "revision", "runtime_config",
}

// reader takes keys out of a configuration and keeps the first mistake.
type reader struct {
	keys map[string]json.RawMessage
	err  error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

func (r *reader) take(key string) json.RawMessage {
	raw := r.keys[key]
	delete(r.keys, key)
	return raw
}

// number is get for a key that PEFT computes with: null is none of its values.
func (r *reader) number(key string, dst any) {
	if string(r.keys[key]) == "null" {
		r.fail("%s: is null; give the number that the adapter was trained with", key)
	}
	r.get(key, dst)
}

// get sets dst where the key is there and not null.
func (r *reader) get(key string, dst any) {
	if raw := r.take(key); len(raw) > 0 && json.Unmarshal(raw, dst) != nil {
		r.fail("%s: has the wrong type", key)
	}
}

func (r *reader) checkType() {
	var kind string
	r.get("peft_type", &kind)
	if kind != "LORA" {
		r.fail("peft_type: is %q; only LORA adapters are supported", kind)
	}
}

// targets reads target_modules: a set of names, or PEFT's word for none.
func (r *reader) targets() []string {
	raw := r.take("target_modules")
	var names []string
	if json.Unmarshal(raw, &names) == nil {
		slices.Sort(names)
		return slices.Compact(names)
	}
	var pattern string
	if json.Unmarshal(raw, &pattern) != nil || pattern != noModules {
		r.fail("target_modules: must be a list of layer names; a pattern is not supported")
	}
	return nil
}

// score says whether modules_to_save has the head. PEFT lists classifier beside
// it, BERT's name for a head, which LLaMA has not.
func (r *reader) score() bool {
	var modules []string
	r.get("modules_to_save", &modules)
	for _, m := range modules {
		if m != scoreModule && m != "classifier" {
			r.fail("modules_to_save: %q cannot be saved along, only %s", m, scoreModule)
		}
	}
	return slices.Contains(modules, scoreModule)
}

func (r *reader) refuseUnsupported() {
	bias := "none"
	if r.get("bias", &bias); bias != "none" {
		r.fail("bias: is %q; only none is supported", bias)
	}
	// Other initialisations (PiSSA, OLoRA, LoftQ, CorDA) change the base weights.
	if raw := r.take("init_lora_weights"); len(raw) > 0 && !slices.Contains([]string{"true", "false", `"gaussian"`, "null"}, string(raw)) {
		r.fail("init_lora_weights: this initialisation changes the base model and is not supported")
	}
	for _, key := range neutral {
		if raw := r.take(key); IsSet(raw) {
			r.fail("%s: is set, which is not supported", key)
		}
	}
	for _, key := range harmless {
		r.take(key)
	}
	r.refuseUnknown()
}

// refuseUnknown refuses what is left where it is set: a setting of another version
// of PEFT may change what the adapter computes.
func (r *reader) refuseUnknown() {
	var set []string
	for key, raw := range r.keys {
		if IsSet(raw) {
			set = append(set, key)
		}
	}
	if len(set) > 0 {
		slices.Sort(set)
		r.fail("%s: is set, and this program does not know what it changes; remove the key only where the adapter computes the same without it", strings.Join(set, ", "))
	}
}

// IsSet says whether a key's value is more than null, false or nothing.
func IsSet(raw json.RawMessage) bool {
	var compact bytes.Buffer
	if len(raw) == 0 {
		return false
	}
	if json.Compact(&compact, raw) != nil {
		return true
	}
	return !slices.Contains([]string{"null", "false", "{}", "[]", `""`}, compact.String())
}
