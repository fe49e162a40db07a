package given

import (
	"slices"
	"strconv"
	"strings"

	"github.com/clinflow/clinflow/internal/columns"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/task"
)

// add adds a row of the file, whose labels may be one text with commas. What is wrong
// with it is told by its number alone.
func (f fromFile) add(listed listedLabels, row columns.Row, commas bool) error {
	if row.Bad != "" {
		return f.wrong(row, "it cannot be used: %s", row.Bad)
	}
	id := f.id(row)
	if id == "" {
		return f.wrong(row, "it has no %s", f.config.By)
	}
	labels := labelsIn(row.Cells[1], commas)
	if f.kind != task.Multilabel && len(labels) != 1 {
		return f.wrong(row, "it has %d labels, and the task has one", len(labels))
	}
	names := listed[id]
	for _, label := range labels {
		name, ok := f.name(label)
		if !ok {
			return f.wrong(row, "its label is %s", f.noLabel())
		}
		names = append(names, name)
	}
	listed[id] = names
	return nil
}

// id is what a row labels, "" where that is not told.
func (f fromFile) id(row columns.Row) string {
	text := strings.TrimSpace(row.Text(0))
	if f.config.By == byNote {
		return text
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// labelsIn are the labels of a cell.
func labelsIn(cell []string, commas bool) (labels []string) {
	if commas {
		cell = strings.Split(strings.Join(cell, ""), ",")
	}
	for _, text := range cell {
		if text = strings.TrimSpace(text); text != "" || !commas {
			labels = append(labels, text)
		}
	}
	return labels
}

func (f fromFile) wrong(row columns.Row, what string, args ...any) error {
	return exit.Errorf(exit.BadData, "%s: row %d: "+what+"; mend the file", append([]any{f.config.File, row.Number}, args...)...)
}

// name is the label that a text names: by its name, its number, of a binary task by true
// or false. Where the task has no names of its own every text is one. Where a name would
// be another label's number, such as 1 of the names 1 to 5, texts are names alone: a file
// of 0 to 4 would else be read half by names and half by numbers.
func (f fromFile) name(text string) (name string, ok bool) {
	names := f.config.Names
	switch {
	case len(names) == 0:
		return text, text != ""
	case slices.Contains(names, text):
		return text, true
	case f.namesAlone:
		name = strings.TrimSuffix(text, pandasEnd)
		return name, slices.Contains(names, name)
	}
	return f.numbered(text)
}

// pandasEnd is how pandas writes integers beside a null.
const pandasEnd = ".0"

// numbered is the label of a number, or of true or false.
func (f fromFile) numbered(text string) (name string, ok bool) {
	names := f.config.Names
	if f.kind == task.Binary {
		switch strings.ToLower(text) {
		case "false":
			return names[0], true
		case "true":
			return names[1], true
		}
	}
	n, err := strconv.Atoi(strings.TrimSuffix(text, pandasEnd))
	if err != nil || n < 0 || n >= len(names) {
		return "", false
	}
	return names[n], true
}

// clash says whether a name would be another label's number.
func (f fromFile) clash() bool {
	return slices.ContainsFunc(f.config.Names, func(name string) bool {
		other, ok := f.numbered(name)
		return ok && other != name
	})
}

// noLabel is what is said of a text that names no label.
func (f fromFile) noLabel() string {
	if f.namesAlone {
		return "none of the task's names, which are numbers themselves, so that no label is told by its number from 0 on"
	}
	return "neither a name of the task nor a number from 0 on"
}
