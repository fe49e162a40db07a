package label

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/task"
)

// read is the labels of the file by id.
func (f fromFile) read(ctx context.Context) (listedLabels, error) {
	table, err := openLabels(ctx, f.config)
	if err != nil {
		return nil, err
	}
	defer table.close()
	listed := listedLabels{}
	for row, err := range table.rows() {
		if err == nil {
			err = f.add(listed, row)
		}
		if err != nil {
			return nil, err
		}
	}
	for id, labels := range listed {
		slices.Sort(labels)
		listed[id] = slices.Compact(labels)
		if f.config.Kind != string(task.Multilabel) && len(listed[id]) > 1 {
			return nil, exit.Errorf(exit.BadData, "%s: a %s has two labels, and the task is %s; mend the file", f.config.File, f.config.By, f.config.Kind)
		}
	}
	return listed, nil
}

// add adds a row of the file. What is wrong with it is told by its number alone.
func (f fromFile) add(listed listedLabels, row labelRow) error {
	if row.bad != "" {
		return f.wrong(row, "it cannot be used: %s", row.bad)
	}
	if f.config.By != byNote {
		n, err := strconv.ParseInt(row.id, 10, 64)
		if row.id = decimal(n); err != nil || n <= 0 {
			row.id = ""
		}
	}
	if row.id == "" {
		return f.wrong(row, "it has no %s", f.config.By)
	}
	if f.config.Kind != string(task.Multilabel) && len(row.labels) != 1 {
		return f.wrong(row, "it has %d labels, and the task has one", len(row.labels))
	}
	names := listed[row.id]
	for _, label := range row.labels {
		name, ok := f.name(label)
		if !ok {
			return f.wrong(row, "its label is neither a name of the task nor a number from 0 on")
		}
		names = append(names, name)
	}
	listed[row.id] = names
	return nil
}

func (f fromFile) wrong(row labelRow, what string, args ...any) error {
	return exit.Errorf(exit.BadData, "%s: row %d: "+what+"; mend the file", append([]any{f.config.File, row.number}, args...)...)
}

// name is the label that a text names: by its name, its number, of a binary task by true
// or false. Where the task has no names of its own every text is one.
func (f fromFile) name(text string) (name string, ok bool) {
	names := f.config.Names
	if len(names) == 0 {
		return text, text != ""
	}
	if slices.Contains(names, text) {
		return text, true
	}
	if f.config.Kind == string(task.Binary) {
		switch strings.ToLower(text) {
		case "false":
			return names[0], true
		case "true":
			return names[1], true
		}
	}
	n, err := strconv.Atoi(strings.TrimSuffix(text, ".0")) // pandas writes integers beside a null so
	if err != nil || n < 0 || n >= len(names) {
		return "", false
	}
	return names[n], true
}
