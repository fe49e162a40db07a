package rawcsv

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"unicode/utf8"
)

// Reasons why a record cannot be used though its file is sound.
const (
	ReasonFieldCount  = "field_count"  // not as many fields as the header
	ReasonInvalidUTF8 = "invalid_utf8" // bytes that are no UTF-8
	ReasonNUL         = "nul_byte"     // a zero byte, which no text holds
)

// Place is where a record stands in its file.
type Place struct {
	Row    int64 // 1 is the first row after the header
	Offset int64 // of its first byte in the decompressed file
	raw    []byte
}

// SHA256 is the hash, in hex, of the record's bytes in the decompressed file, its line
// end left out.
func (p Place) SHA256() string {
	sum := sha256.Sum256(p.raw)
	return hex.EncodeToString(sum[:])
}

// Record is one row. Its bytes are those of what was read last: where records are read one
// by one they hold until the next is read, and in Each as long as their Block.
type Record struct {
	Place
	Reason string // why it cannot be used; empty where it can
	fields []field
	own    *[]byte // the block's fields that are not in the file as they are
}

// field is where one stands in its record, without the quotes around it.
type field struct {
	from, to int32
	doubled  bool // has quotes, which stand doubled in the file
}

// Len is the number of fields.
func (r *Record) Len() int { return len(r.fields) }

// Bytes is a field. It holds as long as the record's bytes.
func (r *Record) Bytes(i int) []byte {
	f := r.fields[i]
	bytes := r.raw[f.from:f.to]
	if !f.doubled {
		return bytes
	}
	from := len(*r.own)
	*r.own = single(*r.own, bytes)
	return (*r.own)[from:]
}

// Text is a copy of a field.
func (r *Record) Text(i int) string { return string(r.Bytes(i)) }

// Texts appends copies of fields, by their places.
func (r *Record) Texts(to []string, at []int) []string {
	for _, i := range at {
		to = append(to, r.Text(i))
	}
	return to
}

// single appends a field of which each quote is doubled.
func single(to, field []byte) []byte {
	for {
		quote := bytes.IndexByte(field, '"')
		if quote < 0 {
			return append(to, field...)
		}
		to = append(to, field[:quote+1]...)
		field = field[quote+2:]
	}
}

// judge says why a record must not be used, one of a file with so many columns. Of one
// that is plain only the fields are counted.
func (r *Record) judge(plain bool, columns int) string {
	switch {
	case !plain && !utf8.Valid(r.raw):
		return ReasonInvalidUTF8
	case !plain && bytes.IndexByte(r.raw, 0) >= 0:
		return ReasonNUL
	case len(r.fields) != columns:
		return ReasonFieldCount
	}
	return ""
}
