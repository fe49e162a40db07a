package dags

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/confidential"
)

// Change is a part of a fingerprint that is another than that of an earlier output.
type Change struct {
	// Part is "stage", "stage version", "version of the kind", "version of table NAME",
	// "kernel", "with.KEY", or "input NAME" of a port or a file.
	Part string `json:"part"`
	What string `json:"what"` // changed, new or gone
	// Before and Now are the values of settings, as JSON has them, and of versions. What an
	// input or a folder holds is not told.
	Before string `json:"before,omitempty"`
	Now    string `json:"now,omitempty"`
}

// The values of Change.What.
const (
	changed = "changed"
	isNew   = "new"
	isGone  = "gone"
)

// String tells the change in a line.
func (c Change) String() string {
	if c.Before == "" && c.Now == "" {
		return c.Part + ": " + c.What
	}
	return fmt.Sprintf("%s: %s → %s", c.Part, short(c.Before), short(c.Now))
}

// longest is how many characters of a value a line has room for.
const longest = 60

func short(value string) string {
	text := []rune(cmp.Or(value, "none"))
	if len(text) > longest {
		return string(text[:longest-1]) + "…"
	}
	return string(text)
}

// Differences says what decided that two outputs of a step have different
// fingerprints.
func Differences(before, now dataset.Manifest) []string {
	return tell(differences(identityOf(before), identityOf(now)))
}

func tell(changes []Change) []string {
	if len(changes) == 0 {
		return []string{"an earlier clinflow named its output otherwise"}
	}
	lines := make([]string, len(changes))
	for i, c := range changes {
		lines[i] = c.String()
	}
	return lines
}

func identityOf(m dataset.Manifest) Identity {
	return Identity{m.Versions, m.Stage, m.StageVersion, m.Config, m.Inputs, m.Kernel}
}

func differences(before, now Identity) []Change {
	if before.Stage != now.Stage {
		return []Change{valueChange("stage", before.Stage, now.Stage)}
	}
	var out []Change
	if before.Version != now.Version {
		out = append(out, valueChange("stage version", itoa(before.Version), itoa(now.Version)))
	}
	out = append(out, versionChanges(before.Schema, now.Schema)...)
	if now.Kernel != "" && before.Kernel != now.Kernel {
		out = append(out, valueChange("kernel", before.Kernel, now.Kernel))
	}
	out = append(out, changes(flat(before.Config), flat(now.Config), settingChange)...)
	return append(out, changes(before.Inputs, now.Inputs, inputChange)...)
}

// versionChanges tells the kind and the tables, of those in both outputs, whose version
// was raised.
func versionChanges(before, now dataset.Versions) (out []Change) {
	if before.Kind != now.Kind {
		out = append(out, valueChange("version of the kind", itoa(before.Kind), itoa(now.Kind)))
	}
	for _, name := range slices.Sorted(maps.Keys(before.Tables)) {
		if version, both := now.Tables[name]; both && version != before.Tables[name] {
			out = append(out, valueChange("version of table "+name, itoa(before.Tables[name]), itoa(version)))
		}
	}
	return out
}

// changes tells each key whose value differs; absent values are "".
func changes(before, now map[string]string, tell func(key, a, b string) Change) (out []Change) {
	keys := map[string]string{}
	maps.Copy(keys, before)
	maps.Copy(keys, now)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if before[key] != now[key] {
			out = append(out, tell(key, before[key], now[key]))
		}
	}
	return out
}

func valueChange(part, before, now string) Change {
	return Change{part, kindOf(before, now), before, now}
}

func kindOf(before, now string) string {
	switch {
	case before == "":
		return isNew
	case now == "":
		return isGone
	default:
		return changed
	}
}

// settingChange tells the values of a setting, where they are not confidential.
func settingChange(key, before, now string) Change {
	if confidential.Is(key, before) || confidential.Is(key, now) {
		return Change{Part: "with." + key, What: kindOf(before, now)}
	}
	return valueChange("with."+key, before, now)
}

// inputChange tells nothing of an input but that it is another.
func inputChange(key, before, now string) Change {
	part := "input " + strings.TrimPrefix(key, "file ")
	if strings.HasPrefix(key, "with.") {
		part = key
	}
	return Change{Part: part, What: kindOf(before, now)}
}

// flat turns a configuration into its leaves by dotted key.
func flat(config json.RawMessage) map[string]string {
	out := map[string]string{}
	flatten("", config, out)
	return out
}

func flatten(prefix string, value json.RawMessage, out map[string]string) {
	var inner map[string]json.RawMessage
	if json.Unmarshal(value, &inner) != nil || inner == nil {
		if prefix != "" {
			out[prefix] = string(value)
		}
		return
	}
	for key, v := range inner {
		flatten(join(prefix, key), v, out)
	}
}
