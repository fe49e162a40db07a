package csvgz

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
)

// maxRecord bounds a record's bytes, so that a quote left open in a file with
// few quotes does not read all of it into memory. MIMIC's longest notes are
// below 1 MiB.
const maxRecord = 16 << 20

// maxFields bounds a record's fields, of which each takes memory though it be
// empty. MIMIC's widest tables have below 40. A buffer of records read ahead is
// counted with the current one, so that a record may have twice as many before
// it is refused.
const maxFields = readAhead

var (
	errRecordTooLong = errors.New("record too long")
	errTooManyFields = errors.New("too many fields")
)

// mask stands for a carriage return inside quotes. The byte 0xFF occurs in no
// valid UTF-8, and a record that is not valid is never unmasked.
const mask = '\xff'

// quotes stands in front of encoding/csv, which turns "\r\n" into "\n" inside
// quoted fields: it hides the carriage returns there behind another byte and
// remembers the bytes as they were. Inside means after an odd number of quotes.
// That agrees with the parser up to the first quote out of place, and there the
// parser ends with an error. Lengths and offsets do not change.
type quotes struct {
	source io.Reader
	inside bool
	raw    []byte // unmasked bytes from the current record on
	taken  int    // length of the front of raw that belongs to records handed out
	base   int64  // input offset of raw[0]
	commas int    // outside quotes, read since the last record was handed out
	plain  int64  // input offset from which on all that was read is plain
}

// Read reads like the source, carriage returns inside quotes masked.
func (q *quotes) Read(p []byte) (int, error) {
	n, err := q.source.Read(p)
	q.remember(p[:n])
	if len(q.raw) > maxRecord+readAhead {
		return 0, errRecordTooLong
	}
	q.mask(p[:n])
	if q.commas > maxFields+readAhead {
		return 0, errTooManyFields
	}
	return n, err
}

func (q *quotes) remember(p []byte) {
	q.base += int64(q.taken)
	q.raw = append(q.raw[:copy(q.raw, q.raw[q.taken:])], p...)
	q.taken = 0
	if !plain(p) {
		q.plain = q.base + int64(len(q.raw))
	}
}

// plain says whether there is nothing in a piece of a file that makes a record bad or
// masks a byte of it: no zero byte, no carriage return, no byte beyond ASCII. To ask
// that of 64 KiB takes a fraction of the time of asking each record.
func plain(p []byte) bool {
	if bytes.IndexByte(p, 0) >= 0 || bytes.IndexByte(p, '\r') >= 0 {
		return false
	}
	for ; len(p) >= 8; p = p[8:] {
		if binary.LittleEndian.Uint64(p)&0x8080808080808080 != 0 {
			return false
		}
	}
	for _, b := range p {
		if b >= 0x80 {
			return false
		}
	}
	return true
}

func (q *quotes) mask(p []byte) {
	for {
		quote := bytes.IndexByte(p, '"')
		if quote < 0 {
			quote = len(p)
		}
		if q.inside {
			maskReturns(p[:quote])
		} else {
			q.commas += bytes.Count(p[:quote], []byte(","))
		}
		if quote == len(p) {
			return
		}
		q.inside = !q.inside
		p = p[quote+1:]
	}
}

func maskReturns(p []byte) {
	for i := bytes.IndexByte(p, '\r'); i >= 0; i = bytes.IndexByte(p, '\r') {
		p[i] = mask
		p = p[i+1:]
	}
}

// advance returns the unmasked bytes from the last offset to this one; they
// hold until the next Read.
func (q *quotes) advance(offset int64) []byte {
	from := q.taken
	q.taken, q.commas = int(offset-q.base), 0
	return q.raw[from:q.taken]
}

// unmask puts the carriage returns back. Only a field that has some is copied.
func unmask(fields []string) {
	for i, field := range fields {
		if strings.IndexByte(field, mask) >= 0 {
			fields[i] = strings.ReplaceAll(field, string([]byte{mask}), "\r")
		}
	}
}
