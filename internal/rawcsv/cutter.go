package rawcsv

import (
	"bytes"
	"errors"
	"io"
	"slices"
)

// blockBytes is how much text is cut at a time: enough that handing it over costs
// nothing, and so little that it stays in a core's cache until it is parsed.
const blockBytes = 256 << 10

// cutter cuts a file into blocks where records end. Inside quotes means after an odd
// number of them: that agrees with Block.Next up to the first quote out of place, where
// the reading ends. Where blocks end depends on the decompressed file alone.
type cutter struct {
	text    io.Reader
	failure func() error // what stopped the text before its end
	offset  int64        // of what was read and not cut
	rest    []byte       // that: it begins a record
	inside  bool         // quotes, at its end
	end     error        // of the text: io.EOF, or what stopped it
}

// next fills a block, in the memory that it has.
func (c *cutter) next(b *Block) {
	b.text, b.offset, b.end = append(b.text[:0], c.rest...), c.offset, nil
	for c.end == nil && len(b.text) <= maxRecord {
		read := len(b.text)
		c.read(b)
		if end := recordsEnd(b.text[read:], c.inside); end > 0 && !blank(b.text[:read+end]) {
			c.rest = append(c.rest[:0], b.text[read+end:]...)
			b.text = b.text[:read+end]
			c.offset += int64(len(b.text))
			return
		}
	}
	c.last(b)
}

// blank says whether a text is nothing but empty lines, as a disk or a program that fails
// may leave them without end: they are bounded as a record is.
func blank(text []byte) bool { return blankLines(text) == len(text) }

// read reads so little at a time that few records follow a long one in its block: they
// are all parsed before any is taken.
func (c *cutter) read(b *Block) {
	read := len(b.text)
	b.text = slices.Grow(b.text, blockBytes)[:read+blockBytes]
	n, err := io.ReadFull(c.text, b.text[read:])
	b.text = b.text[:read+n]
	if bytes.Count(b.text[read:], []byte{'"'})%2 == 1 {
		c.inside = !c.inside
	}
	if err == nil {
		return
	}
	if c.end = c.failure(); c.end == nil {
		c.end = io.EOF
	}
}

// last makes a block of a text in which no record ends. At the end of the file the line
// end may be missing, or be a carriage return; a record that failed to be read is none.
func (c *cutter) last(b *Block) {
	switch {
	case c.end == nil:
		b.end = errRecordTooLong
	case errors.Is(c.end, io.EOF):
		b.text, b.end = bytes.TrimSuffix(b.text, []byte("\r")), io.EOF
	default:
		b.text, b.end = b.text[:0], c.end
	}
}
