package dags

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/clinflow/clinflow/dataset"
)

// compare says what differs from the step's newest earlier output.
func (p *Planner) compare(ctx context.Context, step *Step, now Identity) (State, []string) {
	earlier := p.newest(step.Name)
	if earlier == "" {
		return StateNew, []string{"never ran"}
	}
	dataset, err := dataset.Open(ctx, p.out.Sub(path.Join(stepsFolder, earlier)).URI())
	if err != nil {
		return StateStale, []string{"its earlier output cannot be read by this version"}
	}
	return StateStale, differences(identityOf(dataset.Manifest), now)
}

var fingerprinted = regexp.MustCompile(`^(.+)-[0-9a-f]{16}$`)

// newest is the folder of a step's latest complete output, "" where it has none.
func (p *Planner) newest(step string) string {
	newest, at := "", time.Time{}
	for _, folder := range slices.Sorted(maps.Keys(p.outputs)) {
		o := p.outputs[folder]
		m := fingerprinted.FindStringSubmatch(folder)
		if m != nil && m[1] == step && o.complete && o.written.After(at) {
			newest, at = folder, o.written
		}
	}
	return newest
}

// Differences says what decided that two outputs of a step have different
// fingerprints.
func Differences(before, now dataset.Manifest) []string {
	return differences(identityOf(before), identityOf(now))
}

func identityOf(m dataset.Manifest) Identity {
	return Identity{m.Versions, m.Stage, m.StageVersion, m.Config, m.Inputs, m.Kernel}
}

func differences(before, now Identity) []string {
	if before.Stage != now.Stage {
		return []string{fmt.Sprintf("stage changed %s → %s", before.Stage, now.Stage)}
	}
	var out []string
	if before.Version != now.Version {
		out = append(out, fmt.Sprintf("stage version %d → %d", before.Version, now.Version))
	}
	out = append(out, versionChanges(before.Schema, now.Schema)...)
	if now.Kernel != "" && before.Kernel != now.Kernel {
		out = append(out, fmt.Sprintf("kernel %s → %s", absent(before.Kernel), now.Kernel))
	}
	out = append(out, changes(flat(before.Config), flat(now.Config), func(key, a, b string) string {
		return fmt.Sprintf("config %s changed %s → %s", key, a, b)
	})...)
	out = append(out, changes(before.Inputs, now.Inputs, func(key, a, b string) string {
		return inputChange(key, a, b)
	})...)
	if len(out) == 0 {
		return []string{"an earlier clinflow named its output otherwise"}
	}
	return out
}

// versionChanges tells the kind and the tables, of those in both outputs, whose version
// was raised.
func versionChanges(before, now dataset.Versions) (out []string) {
	if before.Kind != now.Kind {
		out = append(out, fmt.Sprintf("version of the kind %d → %d", before.Kind, now.Kind))
	}
	for _, name := range slices.Sorted(maps.Keys(before.Tables)) {
		if version, both := now.Tables[name]; both && version != before.Tables[name] {
			out = append(out, fmt.Sprintf("version of table %s %d → %d", name, before.Tables[name], version))
		}
	}
	return out
}

// changes tells each key whose value differs; absent values are "".
func changes(before, now map[string]string, tell func(key, a, b string) string) []string {
	keys := maps.Clone(before)
	if keys == nil {
		keys = map[string]string{}
	}
	maps.Copy(keys, now)
	var out []string
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if before[key] != now[key] {
			out = append(out, tell(key, absent(before[key]), absent(now[key])))
		}
	}
	return out
}

func absent(value string) string {
	if value == "" {
		return "none"
	}
	return value
}

func inputChange(key, before, now string) string {
	what := "input " + key
	if strings.HasPrefix(key, "file ") || strings.HasPrefix(key, "with.") {
		what = key
	}
	switch {
	case before == "none":
		return what + " is new"
	case now == "none":
		return what + " is gone"
	default:
		return what + " changed"
	}
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
