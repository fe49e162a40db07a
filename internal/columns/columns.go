// Package columns reads some columns of tables that others wrote, CSV or Parquet, by
// their names.
package columns

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/rawcsv"
	"github.com/clinflow/clinflow/internal/store"
)

// Table is a file that was opened. Close it.
type Table interface {
	// Has says whether there is a column, by its name in lower case.
	Has(column string) bool
	// Find names in an error of exit.BadData the columns that are missing.
	Find(columns ...string) error
	// Rows streams the rows of columns that were found.
	Rows(ctx context.Context, columns ...string) iter.Seq2[Row, error]
	// Lists says whether a cell may be a list. In CSV it is one text.
	Lists() bool
	Close()
}

// Row is a row of the columns that were asked for, in their order.
type Row struct {
	Number int64 // from 1
	// Cells are of one text, of several where they are lists, of none where they are null.
	Cells [][]string
	// Bad says why a record cannot be used, as package rawcsv does; it has no cells.
	Bad string
}

// Text is the text of a cell, "" where there is none.
func (r Row) Text(cell int) string {
	if cell >= len(r.Cells) {
		return ""
	}
	return strings.Join(r.Cells[cell], "")
}

// opener is what opens files whose names end so, nil where nothing does.
func opener(name string) func(ctx context.Context, dir store.Dir, name string) (Table, error) {
	ends := func(end string) bool { return strings.HasSuffix(name, end) }
	switch {
	case ends(suffixParquet):
		return openParquet
	case slices.ContainsFunc(rawcsv.Suffixes, ends):
		return openCSV
	}
	return nil
}

const suffixParquet = ".parquet"

// Open opens a file by the end of its name. The error of one that is not there is
// fs.ErrNotExist.
func Open(ctx context.Context, uri string) (Table, error) {
	dir, name, err := store.FolderOf(uri)
	if err != nil {
		return nil, err
	}
	open := opener(name)
	if open == nil {
		return nil, exit.Errorf(exit.Usage, "%s is no table that is read; give a file whose name ends in %s or %s", uri, strings.Join(rawcsv.Suffixes, ", "), suffixParquet)
	}
	if _, err := dir.Stat(ctx, name); err != nil {
		return nil, err
	}
	return open(ctx, dir, name)
}
