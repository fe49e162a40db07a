package ingest

import (
	"context"
	"io"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/dataset/extsort"
	"github.com/clinflow/clinflow/internal/rawcsv"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
)

// table says how one raw file becomes rows of one table.
type table[R mimic.Row] struct {
	files   []string // what releases call it, below the root and without .csv.gz
	name    string   // the table its rows go to
	base    R        // what every row of it holds before the columns are read
	columns []column[R]
	origin  func(*R) *mimic.Origin
	// unique is the primary key, where a repeated row would do harm.
	unique func(*R) uint64
}

// rawTable is a table of any row type.
type rawTable interface {
	place() place
	absent(records *rawcsv.Reader) ([]string, error)
	scan(ctx context.Context, file stages.RawFile, r io.Reader, workers int, spill *extsort.Spill) error
	merge(ctx context.Context, runs []extsort.Run, out *dataset.PartWriter) error
}

func (t table[R]) place() place { return place{t.files, t.name} }

// merge writes a part's rows from their runs.
func (t table[R]) merge(ctx context.Context, runs []extsort.Run, out *dataset.PartWriter) error {
	return dataset.MergeRuns(ctx, runs, t.name, mimic.Compare[R], out)
}

// scan reads a file into the spill, on so many workers. Every record read is counted once
// more as kept, skipped or quarantined.
func (t table[R]) scan(ctx context.Context, file stages.RawFile, r io.Reader, workers int, spill *extsort.Spill) error {
	records, err := rawcsv.NewReader(r, file.Name, workers)
	if err != nil {
		return err
	}
	defer records.Close()
	columns, at, err := t.find(records)
	if err != nil {
		return err
	}
	t.columns = columns
	taker := taker[R]{table: t, file: file, spill: spill, seen: map[uint64]struct{}{}}
	defer taker.count()
	return rawcsv.Each(ctx, records, parser[R]{t, at}.parse, taker.takeAll)
}

// find returns those of the table's columns that a file has, and where they stand. One
// that the table cannot do without, and that is not there, is an error.
func (t table[R]) find(records *rawcsv.Reader) (columns []column[R], at []int, err error) {
	var names []string
	for _, c := range t.columns {
		if name, here := c.in(records); here || !c.optional {
			columns, names = append(columns, c), append(names, name)
		}
	}
	at, err = records.Columns(names...)
	return columns, at, err
}

// absent names the columns that a file lacks and that the table can do without.
func (t table[R]) absent(records *rawcsv.Reader) (names []string, err error) {
	for _, c := range t.columns {
		if _, here := c.in(records); c.optional && !here {
			names = append(names, c.name)
		}
	}
	_, _, err = t.find(records)
	return names, err
}
