package lora

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/google/go-cmp/cmp"
)

// others are values that a key may be given instead of its default.
var others = []json.RawMessage{[]byte("7"), []byte(`"x"`), []byte("true"), []byte("false"), []byte(`{"x":1}`), []byte("[1]")}

// harmlessOfAll are the keys of every method that do not matter to what an adapter computes.
var harmlessOfAll = []string{"auto_mapping", "inference_mode", "peft_version", "revision"}

// fate is what becomes of a key that has another value than its default.
func fate(t *testing.T, defaults map[string]json.RawMessage, key string) string {
	keys := maps.Clone(defaults)
	keys["target_modules"] = []byte(`["q_proj"]`) // it has no default
	read := func() (adapter.Config, error) {
		data, err := json.Marshal(keys)
		if err != nil {
			t.Fatal(err)
		}
		return adapter.ParseConfig(data)
	}
	before, err := read()
	if err != nil {
		t.Fatalf("the defaults are refused: %v", err)
	}
	if slices.Contains(harmless, key) || slices.Contains(harmlessOfAll, key) {
		return "harmless"
	}
	for _, value := range others {
		keys[key] = value
		switch after, err := read(); {
		case err != nil && strings.Contains(err.Error(), "does not know"):
			return "unknown"
		case err != nil && !strings.Contains(err.Error(), key):
			return "refused by another name"
		case err != nil, !cmp.Equal(before, after):
			return "used or refused"
		}
	}
	return "read by nobody"
}

// Every key that PEFT writes (oracle/config_keys.py) is used, refused by name, or
// known to be harmless, and its default is none of what is refused.
func TestEveryKeyOfPEFTsConfigurationIsKnown(t *testing.T) {
	data, err := os.ReadFile("testdata/config_keys.json")
	var defaults map[string]json.RawMessage
	if err == nil {
		err = json.Unmarshal(data, &defaults)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range slices.Sorted(maps.Keys(defaults)) {
		if got := fate(t, defaults, key); got != "harmless" && got != "used or refused" {
			t.Errorf("%s is %s", key, got)
		}
	}
	if got := fate(t, defaults, "of_tomorrow"); got != "unknown" {
		t.Errorf("a key of nobody is %s", got)
	}
}
