package ingest

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/csvgz"
)

// column reads one field of a record into a row. Columns are found by name, so
// that releases of MIMIC may add, drop and reorder others.
type column[R any] struct {
	name     string
	alias    string // what another release calls it; "": nothing else
	optional bool   // a file may be without it
	set      func(row *R, field string) verdict
}

// in returns the name that a file has for the column, and whether it has the column.
func (c column[R]) in(records *csvgz.Reader) (name string, here bool) {
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

// id is a positive decimal number that must be there.
func id[R any](name string, at func(*R) *int64) column[R] { return must(optionalID(name, at)) }

// optionalID is an id that may be empty, read as 0.
func optionalID[R any](name string, at func(*R) *int64) column[R] {
	return column[R]{name: name, set: func(row *R, field string) verdict {
		n, ok := wholeNumber(field)
		*at(row) = n
		return soundIf(field == "" || ok && n > 0)
	}}
}

// number is a decimal number of 0 or more that must be there.
func number[R any](name string, at func(*R) *int32) column[R] {
	return must(column[R]{name: name, set: func(row *R, field string) verdict {
		n, ok := wholeNumber(field)
		*at(row) = int32(n)
		return soundIf(field == "" || ok && int64(int32(n)) == n)
	}})
}

// flag is 0 or 1; empty is read as -1.
func flag[R any](name string, at func(*R) *int32) column[R] {
	return column[R]{name: name, set: func(row *R, field string) verdict {
		i := strings.Index("01", field)
		if field == "" {
			i = -1
		}
		*at(row) = int32(i)
		return soundIf(field == "" || i >= 0 && len(field) == 1)
	}}
}

// text is kept as it is.
func text[R any](name string, at func(*R) *string) column[R] {
	return column[R]{name: name, set: func(row *R, field string) verdict {
		*at(row) = field
		return sound
	}}
}

// moment is a time that may be empty.
func moment[R any](name string, at func(*R) *dataset.Time) column[R] {
	return clock(name, time.DateTime, at)
}

// day is a date that may be empty, read as its midnight.
func day[R any](name string, at func(*R) *dataset.Time) column[R] {
	return clock(name, time.DateOnly, at)
}

// clock reads a time of one layout and no other: time.Parse alone would let
// some digits be left out.
func clock[R any](name, layout string, at func(*R) *dataset.Time) column[R] {
	return column[R]{name: name, set: func(row *R, field string) verdict {
		if field == "" {
			return sound
		}
		t, err := time.Parse(layout, field)
		*at(row) = dataset.Time(t.UnixMicro())
		return soundIf(err == nil && len(field) == len(layout))
	}}
}

// item is an id that must be there, kept as the word that stands for it; rows with
// an id that has none are left out.
func item[R any](name string, at func(*R) *string, words map[int64]string) column[R] {
	return must(column[R]{name: name, set: func(row *R, field string) verdict {
		n, ok := wholeNumber(field)
		word, wanted := words[n]
		switch *at(row) = word; {
		case !ok || n == 0:
			return malformed
		case !wanted:
			return unwanted
		}
		return sound
	}})
}

// code is a short text that is kept as the word that stands for it, and as it is
// where none does.
func code[R any](name string, at func(*R) *string, words map[string]string) column[R] {
	return column[R]{name: name, set: func(row *R, field string) verdict {
		*at(row) = cmp.Or(words[field], field)
		return sound
	}}
}

// must makes a column one that may not be empty.
func must[R any](c column[R]) column[R] {
	set := c.set
	c.set = func(row *R, field string) verdict {
		if field == "" {
			return missing
		}
		return set(row, field)
	}
	return c
}

// wholeNumber reads decimal digits and nothing else: no sign, blank or point.
func wholeNumber(field string) (int64, bool) {
	if strings.Trim(field, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(field, 10, 64)
	return n, err == nil
}

func soundIf(ok bool) verdict {
	if ok {
		return sound
	}
	return malformed
}
