package label

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
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

// labelRow is a row of a file: its id and what stands under label or labels.
type labelRow struct {
	id     string
	labels []string
	number int64  // of the row, from 1
	bad    string // why it cannot be used, as csvgz says it; "" where it can
}

// labelTable is a file that was opened, its columns found.
type labelTable struct {
	rows  func() iter.Seq2[labelRow, error]
	close func()
}

// The columns of labels.
const (
	columnLabel  = "label"
	columnLabels = "labels"
)

// openLabels opens a file by the end of its name.
func openLabels(ctx context.Context, c FileConfig) (labelTable, error) {
	whole, err := store.Open(c.File)
	if err != nil {
		return labelTable{}, err
	}
	path, _ := whole.LocalPath("")
	dir, err := store.Open(filepath.Dir(path))
	if err != nil {
		return labelTable{}, err
	}
	open := openLabelsCSV
	switch name := filepath.Base(path); {
	case strings.HasSuffix(name, ".parquet"):
		open = openLabelsParquet
	case !strings.HasSuffix(name, ".csv") && !strings.HasSuffix(name, ".csv.gz"):
		return labelTable{}, exit.Errorf(exit.Usage, "%s is none of the files that labels are read of: give one whose name ends in .csv, .csv.gz or .parquet", path)
	}
	t, err := open(ctx, c, dir, filepath.Base(path))
	if errors.Is(err, fs.ErrNotExist) {
		err = exit.Errorf(exit.Usage, "%s is not there; give the file that has the labels", path)
	}
	return t, err
}

// labelColumn is the column of labels that a file has: label, or of a multilabel task
// labels where the file has them.
func (c FileConfig) labelColumn(has func(string) bool) string {
	if c.Kind == string(task.Multilabel) && has(columnLabels) {
		return columnLabels
	}
	return columnLabel
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
