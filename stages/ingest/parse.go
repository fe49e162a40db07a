package ingest

import (
	"github.com/clinflow/clinflow/internal/rawcsv"
	"github.com/clinflow/clinflow/mimic"
)

// parser turns records into rows of a table. Several goroutines may use it.
type parser[R mimic.Row] struct {
	table table[R]
	at    []int // position of each column in a record
}

// parsed is what became of the records of a block.
type parsed[R mimic.Row] struct {
	record        rawcsv.Record // the one at hand
	rows          []parsedRow[R]
	read, skipped int64
}

// parsedRow is a record that is not left out.
type parsedRow[R mimic.Row] struct {
	row    R
	place  rawcsv.Place
	reason string // why the record is bad; "": it is not
}

// parse reads the records of a block.
func (p parser[R]) parse(block *rawcsv.Block, out *parsed[R]) error {
	out.rows, out.read, out.skipped = out.rows[:0], 0, 0
	for block.Next(&out.record) {
		out.read++
		out.rows = append(out.rows, parsedRow[R]{row: p.table.base, place: out.record.Place})
		r := &out.rows[len(out.rows)-1]
		wanted, reason := p.fill(&r.row, &out.record)
		r.reason = reason
		if !wanted && reason == "" {
			out.rows = out.rows[:len(out.rows)-1]
			out.skipped++
		}
	}
	return nil
}

// fill reads a record into a row, and returns whether the table takes such rows, and else
// why the record is bad.
func (p parser[R]) fill(row *R, rec *rawcsv.Record) (wanted bool, reason string) {
	if rec.Reason != "" {
		return false, rec.Reason
	}
	for i, at := range p.at {
		c := &p.table.columns[i]
		switch c.set(row, rec.Bytes(at)) {
		case missing:
			return false, "missing_" + c.name
		case malformed:
			return false, "malformed_" + c.name
		case unwanted:
			return false, ""
		}
	}
	return true, ""
}
