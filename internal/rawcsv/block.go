package rawcsv

import (
	"bytes"
	"errors"
	"io"
)

// maxRecord bounds a record's bytes, so that a quote left open in a file with few quotes
// does not read all of it into memory. MIMIC's longest notes are below 1 MiB.
const maxRecord = 16 << 20

// maxFields bounds a record's commas, for each field takes memory though it be empty.
// MIMIC's widest tables have below 40.
const maxFields = 64 << 10

// What makes a record one that nothing can be read behind.
var (
	errQuote         = errors.New("quote out of place")
	errRecordTooLong = errors.New("record too long")
	errTooManyFields = errors.New("too many fields")
)

// Block is a piece of a file, of whole records.
type Block struct {
	text   []byte
	offset int64 // of the text in the decompressed file
	end    error // why there is no more text: io.EOF at the file's end; nil: there is more

	own     []byte // fields of its records that are not in the text as they are
	columns int
	plain   bool
	at      int   // of the text: what is next
	rows    int64 // begun
	start   int64 // of the last one, in the decompressed file
	fault   error // of the last one, behind which nothing can be read
}

// begin goes to the block's first record.
func (b *Block) begin(columns int) {
	b.columns, b.plain, b.at, b.rows, b.fault = columns, plain(b.text), 0, 0, nil
	b.own = b.own[:0]
}

// Next reads the block's next record, whose row is counted from the block's start on. It
// returns false after the last one, and at one that nothing can be read behind.
func (b *Block) Next(rec *Record) bool {
	b.at += blankLines(b.text[b.at:])
	endless := errors.Is(b.end, errRecordTooLong) // though there be blank lines alone
	if b.fault != nil || b.at == len(b.text) && !endless {
		return false
	}
	from := b.at
	b.rows, b.start = b.rows+1, b.offset+int64(from)
	rec.own = &b.own
	to, fault := b.scan(rec, from)
	if fault == nil && to-from > maxRecord {
		fault = errRecordTooLong
	}
	if b.fault = fault; fault != nil {
		return false
	}
	rec.Place = Place{b.rows, b.start, b.text[from:to]}
	rec.Reason = rec.judge(b.plain, b.columns)
	return true
}

// blankLines is the length of the empty lines with which a text begins. They belong to no
// record.
func blankLines(text []byte) (size int) {
	for {
		switch rest := text[size:]; {
		case len(rest) > 0 && rest[0] == '\n':
			size++
		case len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n':
			size += 2
		default:
			return size
		}
	}
}

// scan finds the fields of the record that begins at from, goes behind its line end, and
// returns where that stands.
func (b *Block) scan(rec *Record, from int) (to int, err error) {
	text, at, fields := b.text, from, rec.fields[:0]
	for len(fields) <= maxFields {
		end, doubled, next := fieldEnd(text, at), false, 0
		if next = end; end < len(text) && text[end] == '"' {
			if end > at {
				return 0, errQuote
			}
			at++
			if end, doubled = closing(text, at); end < 0 {
				return 0, b.unfinished(from, errQuote)
			}
			next = end + 1
		}
		fields = append(fields, field{int32(at - from), int32(end - from), doubled})
		if next == len(text) || text[next] != ',' {
			rec.fields = fields
			return b.lineEnd(rec, from, next)
		}
		at = next + 1
	}
	return 0, errTooManyFields
}

// closing is where the quote stands that ends a field, -1 where none does, and whether
// there are doubled quotes before it.
func closing(text []byte, at int) (end int, doubled bool) {
	for {
		quote := bytes.IndexByte(text[at:], '"')
		if quote < 0 {
			return -1, doubled
		}
		at += quote
		if at+1 == len(text) || text[at+1] != '"' {
			return at, doubled
		}
		at, doubled = at+2, true
	}
}

// lineEnd goes behind the line end at a place and returns where it begins. A carriage
// return before a line feed is of the line end, and so is one that ends the file.
func (b *Block) lineEnd(rec *Record, from, at int) (to int, err error) {
	switch last, rest := &rec.fields[len(rec.fields)-1], b.text[at:]; {
	case len(rest) == 0:
		b.at = at
		return at, b.unfinished(from, nil)
	case rest[0] == '\n':
		b.at = at + 1
		if last.to > last.from && b.text[at-1] == '\r' {
			last.to--
			return at - 1, nil
		}
		return at, nil
	case rest[0] == '\r' && len(rest) > 1 && rest[1] == '\n':
		b.at = at + 2
		return at, nil
	}
	return 0, errQuote
}

// unfinished is what is wrong with a record that reaches the end of the text: of one
// that reaches the file's end what is given.
func (b *Block) unfinished(from int, atEnd error) error {
	if errors.Is(b.end, io.EOF) && len(b.text)-from <= maxRecord {
		return atEnd
	}
	return errRecordTooLong
}
