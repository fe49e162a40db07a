package ingest

import (
	"bytes"
	"time"

	"github.com/clinflow/clinflow/dataset"
)

// id is a positive decimal number that must be there.
func id[R any](name string, at func(*R) *int64) column[R] { return must(optionalID(name, at)) }

// optionalID is an id that may be empty, read as 0.
func optionalID[R any](name string, at func(*R) *int64) column[R] {
	return column[R]{name: name, set: func(row *R, field []byte) verdict {
		n, ok := wholeNumber(field)
		*at(row) = n
		return soundIf(len(field) == 0 || ok && n > 0)
	}}
}

// number is a decimal number of 0 or more that must be there.
func number[R any](name string, at func(*R) *int32) column[R] { return must(optionalNumber(name, at)) }

// optionalNumber is a number that may be empty, read as 0.
func optionalNumber[R any](name string, at func(*R) *int32) column[R] {
	return column[R]{name: name, set: func(row *R, field []byte) verdict {
		n, ok := wholeNumber(field)
		*at(row) = int32(n)
		return soundIf(len(field) == 0 || ok && int64(int32(n)) == n)
	}}
}

// flag is 0 or 1; empty is read as -1.
func flag[R any](name string, at func(*R) *int32) column[R] {
	return column[R]{name: name, set: func(row *R, field []byte) verdict {
		n, ok := wholeNumber(field)
		if len(field) == 0 {
			n = -1
		}
		*at(row) = int32(n)
		return soundIf(len(field) == 0 || ok && n <= 1 && len(field) == 1)
	}}
}

// text is kept as it is, in the memory of its block.
func text[R any](name string, at func(*R) *string) column[R] {
	return column[R]{name: name, set: func(row *R, field []byte) verdict {
		*at(row) = viewOf(field)
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

// midnight is a date that may be empty, written with its midnight as MIMIC-III's are,
// or without.
func midnight[R any](name string, at func(*R) *dataset.Time) column[R] {
	date := day(name, at)
	set := date.set
	date.set = func(row *R, field []byte) verdict { return set(row, bytes.TrimSuffix(field, []byte(" 00:00:00"))) }
	return date
}

// clock reads a time of one layout and no other.
func clock[R any](name, layout string, at func(*R) *dataset.Time) column[R] {
	return column[R]{name: name, set: func(row *R, field []byte) verdict {
		if len(field) == 0 {
			return sound
		}
		t, ok := timeOf(layout, field)
		*at(row) = t
		return soundIf(ok)
	}}
}

// mark is 1 where what it says is so; empty and 0 are not.
func mark[R any](name string, at func(*R) *bool) column[R] {
	return column[R]{name: name, set: func(row *R, field []byte) verdict {
		n, ok := wholeNumber(field)
		*at(row) = n == 1
		return soundIf(len(field) == 0 || ok && n <= 1 && len(field) == 1)
	}}
}

// item is an id that must be there, kept as the word that stands for it; rows with
// an id that has none are left out.
func item[R any](name string, at func(*R) *string, words map[int64]string) column[R] {
	return must(column[R]{name: name, set: func(row *R, field []byte) verdict {
		n, ok := wholeNumber(field)
		word, wanted := words[n]
		*at(row) = word
		return itemVerdict(n, ok, wanted)
	}})
}

// itemAmong is an id that must be there; rows with one that is not wanted are left out.
func itemAmong[R any](name string, at func(*R) *int64, items map[int64]bool) column[R] {
	wanted := itemSetOf(items)
	return must(column[R]{name: name, set: func(row *R, field []byte) verdict {
		n, ok := wholeNumber(field)
		*at(row) = n
		return itemVerdict(n, ok, wanted.has(n))
	}})
}

// itemSet has a bit for each item id up to the largest in it, some 230,000: a map takes
// as long for a row as the rest of looking at its item.
type itemSet []uint64

func itemSetOf(items map[int64]bool) (s itemSet) {
	for n := range items {
		for int64(len(s)) <= n>>6 {
			s = append(s, 0)
		}
		s[n>>6] |= 1 << (n & 63)
	}
	return s
}

func (s itemSet) has(n int64) bool { return n>>6 < int64(len(s)) && s[n>>6]>>(n&63)&1 == 1 }

func itemVerdict(n int64, ok, wanted bool) verdict {
	switch {
	case !ok || n == 0:
		return malformed
	case !wanted:
		return unwanted
	}
	return sound
}

// code is a short text that is kept as the word that stands for it, and as it is
// where none does.
func code[R any](name string, at func(*R) *string, words map[string]string) column[R] {
	return column[R]{name: name, set: func(row *R, field []byte) verdict {
		word, known := words[string(field)]
		if !known {
			word = string(field)
		}
		*at(row) = word
		return sound
	}}
}

func soundIf(ok bool) verdict {
	if ok {
		return sound
	}
	return malformed
}
