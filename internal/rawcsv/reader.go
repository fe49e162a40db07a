// Package rawcsv reads MIMIC's CSV files, packed or plain, as a stream. It keeps every
// byte of a field as it is, knows where each record stands, and tells a bad record (one
// row is lost) from a damaged file (nothing after the damage can be trusted).
//
// The format is RFC 4180: https://www.rfc-editor.org/rfc/rfc4180
package rawcsv

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/foreign"
	"github.com/clinflow/clinflow/internal/textio"
)

// Reader reads one file record by record, or by Each block by block.
type Reader struct {
	name    string
	workers int
	source  *source
	cutter  cutter
	block   Block // the current one
	rows    int64 // before it
	header  []string
	head    []byte // how the decompressed file begins
}

// NewReader starts to read a file and takes its header. The name is the one that errors
// show; where it ends as that of a packed file the bytes tell how it is packed. workers
// are how many goroutines decompress, where the file is cut into pieces, and parse, in
// Each. A file without a header, or damaged there, is an error of exit.BadData. The
// reader must be closed.
func NewReader(r io.Reader, name string, workers int) (*Reader, error) {
	src, err := newSource(r, name, workers)
	if err != nil {
		return nil, err
	}
	text := bufio.NewReader(src)
	head, _ := text.Peek(foreign.HeadBytes)
	c := &Reader{name: name, workers: workers, source: src, head: bytes.Clone(head)}
	mark := textio.DiscardMark(text)
	c.cutter = cutter{text: text, failure: src.failure, offset: int64(mark)}
	if err := c.readHeader(); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Close ends the reading, finished or not. The file beneath stays the caller's, and
// may be closed after it.
func (c *Reader) Close() { c.source.Close() }

func (c *Reader) readHeader() error {
	var rec Record
	c.next()
	c.rows = -1 // the header is no row
	err := c.Read(&rec)
	if errors.Is(err, io.EOF) {
		return exit.Errorf(exit.BadData, "%s: the file is empty, it has no header row; restore it from its source", c.name)
	}
	if err != nil {
		return err
	}
	for i := range rec.Len() {
		c.header = append(c.header, strings.ToLower(strings.TrimSpace(rec.Text(i))))
	}
	c.block.columns = len(c.header)
	return nil
}

// Read fills rec with the next record. It returns io.EOF after the last one; any other
// error is fatal to the file: exit.BadData where the file is damaged (truncated or
// corrupt, a quote out of place), exit.Failed where it could not be read.
func (c *Reader) Read(rec *Record) error {
	for !c.block.Next(rec) {
		if err := c.ended(&c.block); err != nil {
			return err
		}
		c.rows += c.block.rows
		c.next()
	}
	rec.Row += c.rows
	return nil
}

// next goes to the next block.
func (c *Reader) next() {
	c.cutter.next(&c.block)
	c.block.begin(len(c.header))
}

// ended is why the file ends with a block that was read: io.EOF, or what is wrong. It
// names rows and bytes: lines would be those of notes.
func (c *Reader) ended(b *Block) error {
	row := c.rows + b.rows
	switch {
	case errors.Is(b.fault, errRecordTooLong):
		return exit.Errorf(exit.BadData, "%s: row %d at byte %d: the record is longer than %d MiB: a quote is not closed, or a field is no note; restore the file from its source", c.name, row, b.start, maxRecord>>20)
	case errors.Is(b.fault, errTooManyFields):
		return exit.Errorf(exit.BadData, "%s: row %d at byte %d: the record has more than %d fields, which no table of MIMIC has; restore the file from its source", c.name, row, b.start, maxFields)
	case b.fault != nil:
		return exit.Errorf(exit.BadData, "%s: row %d at byte %d: a quote is not closed or stands inside a field without quotes, what follows cannot be told apart; restore the file from its source", c.name, row, b.start)
	}
	return b.end
}
