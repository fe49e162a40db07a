// Package csvgz reads MIMIC's CSV files, gzipped or plain, as a stream. It
// keeps every byte of a field as it is, knows where each record stands, and
// tells a bad record (one row is lost) from a damaged file (nothing after the
// damage can be trusted).
package csvgz

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/foreign"
	"github.com/clinflow/clinflow/internal/textio"
)

// readAhead is the buffer between the decompressor and the CSV parser.
const readAhead = 64 << 10

// Reasons why a record cannot be used though its file is sound.
const (
	ReasonFieldCount  = "field_count"  // not as many fields as the header
	ReasonInvalidUTF8 = "invalid_utf8" // bytes that are no UTF-8
	ReasonNUL         = "nul_byte"     // a zero byte, which no text holds
)

// Reader reads one file record by record.
type Reader struct {
	name   string
	source *source
	quotes *quotes
	csv    *csv.Reader
	header []string
	head   []byte // how the decompressed file begins
	row    int64
	skip   int64 // bytes before the header: a byte order mark
}

// Record is one row. Its Fields slice and raw bytes are reused by the next
// Read; the strings in Fields are not.
type Record struct {
	Fields []string
	Row    int64  // 1 is the first row after the header
	Offset int64  // of its first byte in the decompressed file
	Reason string // why it cannot be used; empty where it can
	raw    []byte
}

// SHA256 is the hash, in hex, of the record's bytes in the decompressed file,
// its line end left out.
func (r *Record) SHA256() string {
	line := bytes.TrimSuffix(bytes.TrimSuffix(r.raw, []byte("\n")), []byte("\r"))
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}

// NewReader starts to read a file and takes its header. The name is the one
// that errors show; where it ends in .gz the bytes are gzip (of one or more
// members); with two workers or more they are decompressed ahead, in a goroutine of
// its own. A file without a header, or damaged there, is an error of
// exit.BadData.
func NewReader(r io.Reader, name string, workers int) (*Reader, error) {
	src, err := newSource(r, name, workers > 1)
	if err != nil {
		return nil, err
	}
	c := &Reader{name: name, source: src}
	plain := bufio.NewReaderSize(src, readAhead)
	head, _ := plain.Peek(foreign.HeadBytes)
	c.head = bytes.Clone(head)
	c.skip = int64(textio.DiscardMark(plain))
	c.quotes = &quotes{source: plain}
	c.csv = csv.NewReader(bufio.NewReaderSize(c.quotes, readAhead))
	c.csv.FieldsPerRecord = -1
	c.csv.ReuseRecord = true
	if err := c.readHeader(); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Close ends the reading, finished or not. The file beneath stays the caller's, and
// may be closed after it.
func (c *Reader) Close() {
	if c.source.away != nil {
		_ = c.source.away.Close() // it only waits for the goroutine's end
	}
}

func (c *Reader) readHeader() error {
	fields, err := c.csv.Read()
	if errors.Is(err, io.EOF) && c.source.failure() == nil {
		return exit.Errorf(exit.BadData, "%s: the file is empty, it has no header row; restore it from its source", c.name)
	}
	if err != nil {
		return c.failure(err, c.skip)
	}
	for _, field := range fields {
		c.header = append(c.header, strings.ToLower(strings.TrimSpace(field)))
	}
	c.quotes.advance(c.csv.InputOffset())
	return nil
}

// Read fills rec with the next record. It returns io.EOF after the last one;
// any other error is fatal to the file: exit.BadData where the file is damaged
// (gzip truncated or corrupt, a quote out of place), exit.Failed where it could
// not be read.
func (c *Reader) Read(rec *Record) error {
	start := c.csv.InputOffset()
	fields, err := c.csv.Read()
	if errors.Is(err, io.EOF) && c.source.failure() == nil {
		return io.EOF
	}
	c.row++
	if err != nil {
		return c.failure(err, start+c.skip)
	}
	raw := c.quotes.advance(c.csv.InputOffset())
	blank := blankLines(raw)
	*rec = Record{Fields: fields, Row: c.row, Offset: start + int64(blank) + c.skip, raw: raw[blank:]}
	plain := start >= c.quotes.plain
	rec.Reason = c.judge(rec, plain)
	if !plain && rec.Reason == "" && bytes.IndexByte(rec.raw, '\r') >= 0 {
		unmask(rec.Fields)
	}
	return nil
}

// blankLines is the length of the empty lines that the parser stepped over on
// its way to a record; they belong to none.
func blankLines(raw []byte) int {
	n := 0
	for {
		switch rest := raw[n:]; {
		case bytes.HasPrefix(rest, []byte("\n")):
			n++
		case bytes.HasPrefix(rest, []byte("\r\n")):
			n += 2
		default:
			return n
		}
	}
}

// judge says why a record must not be used. Of one that is plain only its fields are
// counted.
func (c *Reader) judge(rec *Record, plain bool) string {
	switch {
	case !plain && !utf8.Valid(rec.raw):
		return ReasonInvalidUTF8
	case !plain && bytes.IndexByte(rec.raw, 0) >= 0:
		return ReasonNUL
	case len(rec.Fields) != len(c.header):
		return ReasonFieldCount
	}
	return ""
}

// failure names the place of a fatal error. The parser's own message gives no
// content, but its line numbers count lines inside notes, so rows and bytes are
// named here instead.
func (c *Reader) failure(err error, offset int64) error {
	var parse *csv.ParseError
	switch {
	case c.source.failure() != nil:
		return c.source.failure()
	case errors.Is(err, errRecordTooLong):
		return exit.Errorf(exit.BadData, "%s: row %d at byte %d: the record is longer than %d MiB: a quote is not closed, or a field is no note; restore the file from its source", c.name, c.row, offset, maxRecord>>20)
	case errors.Is(err, errTooManyFields):
		return exit.Errorf(exit.BadData, "%s: row %d at byte %d: the record has more than %d fields, which no table of MIMIC has; restore the file from its source", c.name, c.row, offset, maxFields)
	case errors.As(err, &parse):
		return exit.Errorf(exit.BadData, "%s: row %d at byte %d: a quote is not closed or stands inside a field without quotes, what follows cannot be told apart; restore the file from its source", c.name, c.row, offset)
	}
	return exit.Errorf(exit.Failed, "%s: row %d at byte %d: %w", c.name, c.row, offset, err)
}
