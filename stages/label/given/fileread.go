package given

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"

	"github.com/clinflow/clinflow/internal/columns"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/task"
)

// listedLabels are the names of labels by id, ordered and each once.
type listedLabels map[string][]string

// names are all labels that are listed, in the order of text.
func (l listedLabels) names() []string {
	all := map[string]bool{}
	for _, labels := range l {
		for _, name := range labels {
			all[name] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// The columns of labels.
const (
	columnLabel  = "label"
	columnLabels = "labels"
)

// open opens the file, which has the columns.
func (f fromFile) open(ctx context.Context) (columns.Table, error) {
	table, err := columns.Open(ctx, f.config.File)
	if errors.Is(err, fs.ErrNotExist) {
		err = exit.Errorf(exit.Usage, "%s is not there; give the file that has the labels", f.config.File)
	}
	if err != nil {
		return nil, err
	}
	if err = table.Find(f.config.By, f.column(table)); err == nil {
		return table, nil
	}
	if f.config.By != byNote && !table.Has(f.config.By) && table.Has(byNote) {
		err = exit.Errorf(exit.BadData, "%w; it has %s: where it is to label notes set by: %s", err, byNote, byNote)
	}
	table.Close()
	return nil, err
}

// column is the column of labels that a file has: label, or of a multilabel task labels
// where the file has them.
func (f fromFile) column(table columns.Table) string {
	if f.kind == task.Multilabel && table.Has(columnLabels) {
		return columnLabels
	}
	return columnLabel
}

// read is the labels of the file by id.
func (f fromFile) read(ctx context.Context) (listedLabels, error) {
	table, err := f.open(ctx)
	if err != nil {
		return nil, err
	}
	defer table.Close()
	listed, column := listedLabels{}, f.column(table)
	commas := column == columnLabels && !table.Lists()
	for row, err := range table.Rows(ctx, f.config.By, column) {
		if err == nil {
			err = f.add(listed, row, commas)
		}
		if err != nil {
			return nil, err
		}
	}
	for id, labels := range listed {
		slices.Sort(labels)
		listed[id] = slices.Compact(labels)
		if f.kind != task.Multilabel && len(listed[id]) > 1 {
			return nil, exit.Errorf(exit.BadData, "%s: a %s has two labels, and the task is %s; mend the file", f.config.File, f.config.By, f.config.Kind)
		}
	}
	return listed, nil
}
