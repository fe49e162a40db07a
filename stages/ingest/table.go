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
	defer p.count(spill)
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
	row   R     // of the record at hand: one of its own would be an allocation a record
	// What became of the records, told when there are no more: of 433 million rows of
	// chartevents hardly any are kept, and to look for a count's name takes as long as to
	// look at the item.
	read, kept, skipped int64
	// seen holds the primary keys so far: about 20 bytes a row, of radiology
	// 50 MB, given back at the file's end.
	seen map[uint64]struct{}
}

func (p *parser[R]) take(rec *csvgz.Record, spill *extsort.Spill) error {
	p.read++
	wanted, reason := p.parse(rec)
	switch {
	case reason != "":
		return dataset.Reject{File: p.file.Name, Row: rec.Row, Offset: rec.Offset, Reason: reason, SHA256: rec.SHA256()}.SpillInto(spill)
	case !wanted:
		p.skipped++
		return nil
	}
	p.kept++
	part := mimic.PartOf(p.row.Key().SubjectID, spill.Parts())
	return extsort.Add(spill, p.table.name, part, p.row, mimic.Compare[R])
}

func (p *parser[R]) count(spill *extsort.Spill) {
	for name, n := range map[string]int64{"read": p.read, "kept": p.kept, "skipped": p.skipped} {
		if n > 0 {
			spill.Count(name, n)
		}
	}
}

// parse reads a record into the row, and returns whether the table takes such rows, and
// else why the record is bad.
func (p *parser[R]) parse(rec *csvgz.Record) (wanted bool, reason string) {
	if rec.Reason != "" {
		return false, rec.Reason
	}
	p.row = p.table.base
	for i, at := range p.at {
		c := &p.table.columns[i]
		switch c.set(&p.row, rec.Fields[at]) {
		case missing:
			return false, "missing_" + c.name
		case malformed:
			return false, "malformed_" + c.name
		case unwanted:
			return false, ""
		}
	}
	if p.repeats(&p.row) {
		return false, reasonDuplicate
	}
	*p.table.origin(&p.row) = mimic.Origin{SourceFile: int32(p.file.Index), SourceRow: rec.Row}
	return true, ""
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
