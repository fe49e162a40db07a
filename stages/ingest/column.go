package ingest

import "github.com/clinflow/clinflow/internal/rawcsv"

// column reads one field of a record into a row. Columns are found by name, so
// that releases of MIMIC may add, drop and reorder others.
type column[R any] struct {
	name     string
	alias    string // what another release calls it; "": nothing else
	optional bool   // a file may be without it
	set      func(row *R, field []byte) verdict
}

// in returns the name that a file has for the column, and whether it has the column.
func (c column[R]) in(records *rawcsv.Reader) (name string, here bool) {
	switch {
	case records.Has(c.name):
		return c.name, true
	case c.alias != "" && records.Has(c.alias):
		return c.alias, true
	}
	return c.name, false
}

// or gives a column the name that another release has for it.
func (c column[R]) or(alias string) column[R] {
	c.alias = alias
	return c
}

// ifThere makes a column one that a file may be without.
func ifThere[R any](columns ...column[R]) []column[R] {
	for i := range columns {
		columns[i].optional = true
	}
	return columns
}

// verdict says what a field makes of its record.
type verdict int

const (
	sound     verdict = iota
	missing           // empty where a value must stand: quarantine
	malformed         // not the type it must be: quarantine
	unwanted          // a row of a kind that the table leaves out
)

// must makes a column one that may not be empty.
func must[R any](c column[R]) column[R] { return whenEmpty(c, missing) }

// orSkip makes a column one without which a row says nothing, and is left out.
func orSkip[R any](c column[R]) column[R] { return whenEmpty(c, unwanted) }

func whenEmpty[R any](c column[R], v verdict) column[R] {
	set := c.set
	c.set = func(row *R, field []byte) verdict {
		if len(field) == 0 {
			return v
		}
		return set(row, field)
	}
	return c
}
