package wordpiece

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// null says that a section is missing or null.
func null(value json.RawMessage) bool {
	return value == nil || string(bytes.TrimSpace(value)) == "null"
}

// read reads a section of tokenizer.json of one type, the only one that is supported,
// and with these keys, all of which the tokenizers library asks for.
func read(value json.RawMessage, kind string, keys map[string]any) error {
	var all map[string]json.RawMessage
	if null(value) {
		return fmt.Errorf("is missing; only type %s is supported", kind)
	}
	if json.Unmarshal(value, &all) != nil {
		return errors.New("is no object")
	}
	var of string
	if of = kind; !null(all["type"]) && json.Unmarshal(all["type"], &of) != nil || of != kind {
		return fmt.Errorf("type: is %q; only %s is supported", of, kind)
	}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if _, known := keys[key]; !known && key != "type" {
			return fmt.Errorf("%s: is not known to this program: it may change the ids; take it out if it does not", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if err := readKey(all[key], keys[key]); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

// readKey reads a key's value into dst; only a pointer to a pointer takes null.
func readKey(value json.RawMessage, dst any) error {
	_, optional := dst.(**bool)
	switch {
	case value == nil && !optional:
		return errors.New("is missing")
	case value == nil:
		return nil
	case !optional && null(value), json.Unmarshal(value, dst) != nil:
		return errors.New("has the wrong type")
	}
	return nil
}
