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

// fate is what becomes of a key that has another value than its default.
func fate(t *testing.T, keys map[string]json.RawMessage, key string) string {
	read := func() (Config, []string, error) {
		data := must(json.Marshal(keys))(t)
		c, err := parseConfig(data)
		return c, unknownKeys(data), err
	}
	before, _, err := read()
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(harmless, key) {
		return "harmless"
	}
	for _, value := range others {
		keys[key] = value
		switch after, unknown, err := read(); {
		case len(unknown) > 0:
			return "unknown"
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
func TestEveryKeyOfTransformersConfigurationIsKnown(t *testing.T) {
	var defaults map[string]json.RawMessage
	if err := json.Unmarshal(must(os.ReadFile("../testdata/config_keys.json"))(t), &defaults); err != nil {
		t.Fatal(err)
	}
	if unknown := unknownKeys(must(json.Marshal(defaults))(t)); len(unknown) > 0 {
		t.Errorf("the defaults of %q are told as unknown", unknown)
	}
	for _, key := range slices.Sorted(maps.Keys(defaults)) {
		keys := maps.Clone(defaults)
		if key != "rope_parameters" {
			delete(keys, "rope_parameters") // its rope_theta would hide the others
		}
		if got := fate(t, keys, key); got != "harmless" && got != "used or refused" {
			t.Errorf("%s is %s", key, got)
		}
	}
	if got := fate(t, maps.Clone(defaults), "of_tomorrow"); got != "unknown" {
		t.Errorf("a key of nobody is %s", got)
	}
	for _, key := range []string{"per_layer_config", "is_causal", "partial_rotary_factor", "quantization_config"} { // read, not among the defaults
		if got := fate(t, maps.Clone(defaults), key); got != "used or refused" {
			t.Errorf("%s is %s", key, got)
		}
	}
}

func TestUnknownKeysOfAConfigurationAreTold(t *testing.T) {
	dir := withFile(t, "", "", `"use_cache": true`, `"use_cache": true, "of_tomorrow": 3, "neutral": null, "another": [2]`)
	text := logged(func() { must(model.ReadConfig(dir))(t) })
	if !strings.Contains(text, "another, of_tomorrow: ") || strings.Contains(text, "neutral") || !strings.Contains(text, dir) {
		t.Errorf("logged %q", text)
	}
}

// What changes the angles is refused by the name of the key and where it stands.
func TestRotaryEmbeddingsThatAreNotPlainAreNamed(t *testing.T) {
	for _, c := range []struct{ rope, want string }{
		{`"rope_scaling": {"rope_type": "linear", "factor": 2.0}`, `rope_scaling: factor: is set to 2.0`},
		{`"rope_scaling": {"type": "dynamic"}`, `rope_scaling: type: is set to "dynamic"`},
		{`"rope_parameters": {"rope_type": "llama3", "rope_theta": 5e5}`, `rope_parameters: rope_type: is set to "llama3"`},
		{`"rope_parameters": {"rope_type": "yarn"}`, `rope_parameters: rope_type`},
		{`"rope_parameters": {"original_max_position_embeddings": 32}`, `original_max_position_embeddings`},
		{`"rope_parameters": {"full_attention": {"rope_type": "default"}}`, `full_attention`},
		{`"rope_parameters": {"rope_theta": "1e4"}`, `rope_parameters.rope_theta: has the wrong type`},
		{`"rope_scaling": {"rope_theta": -1}`, `rope_theta`},
		{`"rope_scaling": 2`, `rope_scaling`},
		{`"partial_rotary_factor": 0.5`, `partial_rotary_factor`},
		{`"rope_scaling": {"type": "default", "factor": 1.0}, "rope_parameters": null`, ``},
		{`"rope_scaling": {}, "rope_parameters": {"rope_type": "default", "type": null}`, ``},
	} {
		_, err := parseConfig([]byte(`{"model_type":"llama","hidden_size":6,"intermediate_size":4,"num_hidden_layers":1,"num_attention_heads":3,"vocab_size":5,` + c.rope + `}`))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", c.rope, err, c.want)
		}
	}
}
