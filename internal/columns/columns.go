// Package columns reads some columns of tables that others wrote, CSV or Parquet, by
// their names.
package columns

import (
	"context"
	"iter"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
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

// formats open the kinds of files, by the end of their names.
var formats = []struct {
	end  string
	open func(ctx context.Context, dir store.Dir, name string) (Table, error)
}{{".csv", openCSV}, {".csv.gz", openCSV}, {".parquet", openParquet}}

// Open opens a file by the end of its name. The error of one that is not there is
// fs.ErrNotExist.
func Open(ctx context.Context, uri string) (Table, error) {
	dir, name, err := store.FolderOf(uri)
	if err != nil {
		return nil, err
	}
	for _, f := range formats {
		if !strings.HasSuffix(name, f.end) {
			continue
		}
		if _, err := dir.Stat(ctx, name); err != nil {
			return nil, err
		}
		return f.open(ctx, dir, name)
	}
	return nil, exit.Errorf(exit.Usage, "%s is no table that is read; give a file whose name ends in .csv, .csv.gz or .parquet", uri)
}
