package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/dataset/extsort"
	"github.com/clinflow/clinflow/internal/csvgz"
	"github.com/clinflow/clinflow/internal/guard"
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
	absent(records *csvgz.Reader) ([]string, error)
	scan(ctx context.Context, file stages.RawFile, r io.Reader, workers int, spill *extsort.Spill) error
	merge(ctx context.Context, runs []extsort.Run, out *dataset.PartWriter) error
}

// reasonDuplicate marks a record whose primary key an earlier one of the file
// has; the earlier one is kept.
const reasonDuplicate = "duplicate"

// cancelEvery is how many records are read between looks at the context.
const cancelEvery = 1 << 12

func (t table[R]) place() place { return place{t.files, t.name} }

// merge writes a part's rows from their runs.
func (t table[R]) merge(ctx context.Context, runs []extsort.Run, out *dataset.PartWriter) error {
	return dataset.MergeRuns(ctx, runs, t.name, mimic.Compare[R], out)
}

// scan reads a file into the spill, decompressing it ahead where there is a worker
// for it. Every record read is counted once more as
// kept, skipped or quarantined.
func (t table[R]) scan(ctx context.Context, file stages.RawFile, r io.Reader, workers int, spill *extsort.Spill) error {
	records, err := csvgz.NewReader(r, file.Name, workers)
	if err != nil {
		return err
	}
	defer records.Close()
	columns, at, err := t.find(records)
	if err != nil {
		return err
	}
	t.columns = columns
	p := parser[R]{table: t, file: file, at: at, seen: map[uint64]struct{}{}}
	var rec csvgz.Record
	place := func() string { return fmt.Sprintf("%s: row %d, byte offset %d", file.Name, rec.Row, rec.Offset) }
	return guard.At(place, func() error { return p.takeAll(ctx, records, &rec, spill) })
}

func (p *parser[R]) takeAll(ctx context.Context, records *csvgz.Reader, rec *csvgz.Record, spill *extsort.Spill) error {
	for {
		if err := records.Read(rec); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := p.take(rec, spill); err != nil {
			return err
		}
		if rec.Row%cancelEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// find returns those of the table's columns that a file has, and where they stand. One
// that the table cannot do without, and that is not there, is an error.
func (t table[R]) find(records *csvgz.Reader) (columns []column[R], at []int, err error) {
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
func (t table[R]) absent(records *csvgz.Reader) (names []string, err error) {
	for _, c := range t.columns {
		if _, here := c.in(records); c.optional && !here {
			names = append(names, c.name)
		}
	}
	_, _, err = t.find(records)
	return names, err
}

// parser turns the records of one file into rows.
type parser[R mimic.Row] struct {
	table table[R]
	file  stages.RawFile
	at    []int // position of each column in a record
	// seen holds the primary keys so far: about 20 bytes a row, of radiology
	// 50 MB, given back at the file's end.
	seen map[uint64]struct{}
}

func (p *parser[R]) take(rec *csvgz.Record, spill *extsort.Spill) error {
	spill.Count("read", 1)
	row, wanted, reason := p.parse(rec)
	switch {
	case reason != "":
		return dataset.Reject{File: p.file.Name, Row: rec.Row, Offset: rec.Offset, Reason: reason, SHA256: rec.SHA256()}.SpillInto(spill)
	case !wanted:
		spill.Count("skipped", 1)
		return nil
	}
	spill.Count("kept", 1)
	part := mimic.PartOf(row.Key().SubjectID, spill.Parts())
	return extsort.Add(spill, p.table.name, part, row, mimic.Compare[R])
}

// parse returns the row, whether the table takes such rows, and else why the
// record is bad.
func (p *parser[R]) parse(rec *csvgz.Record) (row R, wanted bool, reason string) {
	if rec.Reason != "" {
		return row, false, rec.Reason
	}
	row = p.table.base
	for i, c := range p.table.columns {
		switch c.set(&row, rec.Fields[p.at[i]]) {
		case missing:
			return row, false, "missing_" + c.name
		case malformed:
			return row, false, "malformed_" + c.name
		case unwanted:
			return row, false, ""
		}
	}
	if p.repeats(&row) {
		return row, false, reasonDuplicate
	}
	*p.table.origin(&row) = mimic.Origin{SourceFile: int32(p.file.Index), SourceRow: rec.Row}
	return row, true, ""
}

func (p *parser[R]) repeats(row *R) bool {
	if p.table.unique == nil {
		return false
	}
	key := p.table.unique(row)
	_, repeated := p.seen[key]
	p.seen[key] = struct{}{}
	return repeated
}
