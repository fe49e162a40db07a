package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/confidential"
	"github.com/clinflow/clinflow/stages"
)

// settingsTable are the settings of the steps of one stage: those that all share, and
// those that they differ in as columns.
type settingsTable struct {
	Stage   string
	Shared  []setting
	Columns []string
	Rows    []settingsRow
}

type setting struct{ Name, Value string }

type settingsRow struct {
	Step, Kernel string
	Cells        []string
}

// settingsOf lists the settings of what was trained, by stage in the order of the logs.
func settingsOf(logs []*dataset.Dataset) (tables []settingsTable) {
	byStage := map[string][]*dataset.Dataset{}
	var order []string
	for _, d := range logs {
		if byStage[d.Manifest.Stage] == nil {
			order = append(order, d.Manifest.Stage)
		}
		byStage[d.Manifest.Stage] = append(byStage[d.Manifest.Stage], d)
	}
	for _, stage := range order {
		if t := settingsOfStage(stage, byStage[stage]); len(t.Shared)+len(t.Columns) > 0 {
			tables = append(tables, t)
		}
	}
	return tables
}

func settingsOfStage(stage string, steps []*dataset.Dataset) settingsTable {
	t := settingsTable{Stage: stage}
	all := make([]map[string]string, len(steps))
	names := map[string]bool{}
	for i, d := range steps {
		all[i] = flat(d.Manifest.Config)
		for name := range all[i] {
			names[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		differs := slices.ContainsFunc(all, func(of map[string]string) bool { return of[name] != all[0][name] })
		if differs {
			t.Columns = append(t.Columns, name)
		} else {
			t.Shared = append(t.Shared, setting{name, all[0][name]})
		}
	}
	for i, d := range steps {
		row := settingsRow{Step: stages.StepName(d), Kernel: d.Manifest.Kernel}
		for _, name := range t.Columns {
			row.Cells = append(row.Cells, all[i][name])
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// flat are the settings of a configuration by their dotted names, numbers as they are
// written there, and … for what is confidential.
func flat(config json.RawMessage) map[string]string {
	var of any
	decoder := json.NewDecoder(bytes.NewReader(config))
	decoder.UseNumber()
	if decoder.Decode(&of) != nil {
		return nil
	}
	settings := map[string]string{}
	flatten("", of, settings)
	for name, value := range settings {
		if confidential.Is(name, value) {
			settings[name] = "…"
		}
	}
	return settings
}

func flatten(name string, of any, settings map[string]string) {
	switch of := of.(type) {
	case map[string]any:
		for key, value := range of {
			flatten(strings.TrimPrefix(name+"."+key, "."), value, settings)
		}
	case []any:
		var texts []string
		for _, item := range of {
			texts = append(texts, fmt.Sprint(item))
		}
		settings[name] = strings.Join(texts, " ")
	case nil:
		settings[name] = dash
	default:
		settings[name] = fmt.Sprint(of)
	}
}
