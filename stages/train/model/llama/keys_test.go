package llama

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/stages/train/model"
	"github.com/google/go-cmp/cmp"
)

// others are values that a key may be given instead of its default.
var others = []json.RawMessage{[]byte("7"), []byte(`"x"`), []byte("true"), []byte("false"), []byte(`{"x":1}`), []byte("[1]")}

// fate is what becomes of a key of a class that has another value than its default.
func fate(t *testing.T, class Class, keys map[string]json.RawMessage, key string) string {
	before, err := parseConfig(class, "", must(json.Marshal(keys))(t))
	if err != nil {
		t.Fatal(err)
	}
	if class.keys().IsHarmless(key) {
		return "harmless"
	}
	for _, value := range others {
		keys[key] = value
		switch after, err := parseConfig(class, "", must(json.Marshal(keys))(t)); {
		case err != nil && !strings.Contains(err.Error(), key):
			return "refused by another name"
		case err != nil, !cmp.Equal(before, after):
			return "used or refused"
		}
	}
	return "read by nobody"
}

// Every key that transformers writes (oracle/config_keys.py) is used, refused by name,
// or known to be harmless, and its default is none of what is refused.
func TestEveryKeyOfTransformersConfigurationsIsKnown(t *testing.T) {
	for c := range classes {
		class := Class(c)
		var defaults map[string]json.RawMessage
		if err := json.Unmarshal(must(os.ReadFile("../testdata/config_keys/"+class.String()+".json"))(t), &defaults); err != nil {
			t.Fatal(err)
		}
		keys := slices.Collect(maps.Keys(defaults))
		for _, key := range append(keys, "per_layer_config", "is_causal", "partial_rotary_factor", "quantization_config", "of_tomorrow") {
			keys := maps.Clone(defaults)
			if key != "rope_parameters" {
				delete(keys, "rope_parameters") // its rope_theta would hide the others
			}
			if key == "max_window_layers" || key == "sliding_window" && class == Qwen2 { // read where there is a window
				keys["use_sliding_window"] = []byte("true")
				delete(keys, "layer_types")
			}
			if got := fate(t, class, keys, key); got != "harmless" && got != "used or refused" {
				t.Errorf("%s: %s is %s", class, key, got)
			}
		}
	}
}

func TestKeysThatNobodyKnowsAreRefused(t *testing.T) {
	for old, want := range map[string]string{
		`"use_cache": true, "of_tomorrow": 3, "neutral": null, "another": [2]`: "another, of_tomorrow: ",
		`"auto_map": {"AutoModel": "modeling.Model"}`:                          "auto_map",
		`"sliding_window": 4096`:                                               "sliding_window: this program does not know what it is for in a model of type llama",
		`"use_cache": null`:                                                    "",
	} {
		_, err := model.ReadConfig(withFile(t, "", "", `"use_cache": true`, old))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "neutral")) {
			t.Errorf("%s: got %v, want %q", old, err, want)
		}
	}
}

// What changes the angles is refused by the name of the key and where it stands.
func TestRotaryEmbeddingsThatAreNotPlainAreNamed(t *testing.T) {
	for _, c := range []struct{ rope, want string }{
		{`"rope_scaling": {"type": "dynamic", "factor": 2.0}`, `rope_scaling.rope_type: is "dynamic"`},
		{`"rope_scaling": {"type": null}`, `rope_scaling.type: has the wrong type`},
		{`"rope_scaling": {"type": "linear"}`, `rope_scaling.factor: is missing`},
		{`"rope_scaling": {"type": "linear", "factor": "2"}`, `rope_scaling.factor: has the wrong type`},
		{`"rope_scaling": {"type": "linear", "factor": 0}`, `rope_scaling.factor: is 0`},
		{`"rope_scaling": {"type": "linear", "factor": 2, "low_freq_factor": 1}`, `rope_scaling.low_freq_factor`},
		{`"rope_parameters": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1}`, `rope_parameters.high_freq_factor: is missing`},
		{`"rope_parameters": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 4, "high_freq_factor": 4}`, `low_freq_factor: is 4`},
		{`"rope_parameters": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 0}`, `original_max_position_embeddings: is 0`},
		{`"rope_parameters": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4, "mscale": 2}`, `rope_parameters.mscale`},
		{`"rope_parameters": {"rope_type": "yarn"}`, `rope_parameters.rope_type`},
		{`"rope_scaling": {"rope_type": "default", "factor": 2.0}`, `rope_scaling.factor: is set to 2.0`},
		{`"rope_parameters": {"original_max_position_embeddings": 32}`, `original_max_position_embeddings`},
		{`"rope_parameters": {"full_attention": {"rope_type": "default"}}`, `full_attention`},
		{`"rope_parameters": {"rope_theta": "1e4"}`, `rope_parameters.rope_theta: has the wrong type`},
		{`"rope_scaling": {"rope_theta": -1}`, `rope_theta`},
		{`"rope_scaling": 2`, `rope_scaling`},
		{`"partial_rotary_factor": 0.5`, `partial_rotary_factor`},
		{`"rope_scaling": {"type": "default", "factor": 1.0}, "rope_parameters": null`, ``},
		{`"rope_scaling": {}, "rope_parameters": {"rope_type": "default", "type": null}`, ``},
	} {
		_, err := parseConfig(Llama, "", []byte(`{"model_type":"llama","hidden_size":6,"intermediate_size":4,"num_hidden_layers":1,"num_attention_heads":3,"vocab_size":5,`+c.rope+`}`))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", c.rope, err, c.want)
		}
	}
}
