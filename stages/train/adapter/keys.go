package adapter

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/jsonfile"
)

// Keys are the keys of an adapter_config.json that nobody has taken yet, and the first
// mistake in those that were. A method takes its own; what is left when all have been
// taken is refused where it is set.
type Keys struct {
	left map[string]json.RawMessage
	err  error
}

// Fail notes a mistake, where it is the first. The text begins with the key.
func (k *Keys) Fail(format string, args ...any) {
	if k.err == nil {
		k.err = fmt.Errorf(format, args...)
	}
}

// Take takes a key; nil where it is not there.
func (k *Keys) Take(key string) json.RawMessage {
	raw := k.left[key]
	delete(k.left, key)
	return raw
}

// Number is Get for a key that PEFT computes with: null is none of its values.
func (k *Keys) Number(key string, dst any) {
	if string(k.left[key]) == "null" {
		k.Fail("%s: is null; give what the adapter was trained with", key)
	}
	k.Get(key, dst)
}

// Get sets dst where the key is there and not null.
func (k *Keys) Get(key string, dst any) {
	if raw := k.Take(key); len(raw) > 0 && json.Unmarshal(raw, dst) != nil {
		k.Fail("%s: has the wrong type", key)
	}
}

// Neutral takes settings that would change what an adapter computes, and refuses those
// that are set.
func (k *Keys) Neutral(keys ...string) {
	for _, key := range keys {
		if raw := k.Take(key); jsonfile.IsSet(raw) {
			k.Fail("%s: is set, which is not supported", key)
		}
	}
}

// Harmless takes settings that do not matter to what a finished adapter computes.
func (k *Keys) Harmless(keys ...string) {
	for _, key := range keys {
		k.Take(key)
	}
}

// refuseUnknown refuses what is left where it is set: a setting of another version
// of PEFT may change what the adapter computes.
func (k *Keys) refuseUnknown() {
	var set []string
	for key, raw := range k.left {
		if jsonfile.IsSet(raw) {
			set = append(set, key)
		}
	}
	if len(set) > 0 {
		slices.Sort(set)
		k.Fail("%s: is set, and this program does not know what it changes; remove the key only where the adapter computes the same without it", strings.Join(set, ", "))
	}
}
