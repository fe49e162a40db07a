package rawcsv

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
)

// BGZF is gzip whose members have up to 64 KiB of text each and say in an extra field how
// long they are; an empty one ends the file. It is specified in "Sequence Alignment/Map
// Format Specification", section 4.1: https://samtools.github.io/hts-specs/SAMv1.pdf

const (
	gzipHead    = 12       // bytes of a gzip header up to the extra field, its length included
	bgzfExtra   = 6        // bytes of the extra field of BGZF
	bgzfText    = 64 << 10 // most bytes of text of a member
	gzipTrailer = 8        // bytes behind a member: checksum and size of its text
)

// isBGZF says whether a file begins as BGZF does.
func isBGZF(head []byte) bool { return bgzfSize(head) > 0 }

// bgzfSize is the size of the member that a file begins with, 0 where it does not say. The
// field is looked for where all writers put it, as the first.
func bgzfSize(head []byte) int {
	const deflate, hasExtra = 8, 4
	if len(head) < gzipHead+bgzfExtra || !isGzip(head) || head[2] != deflate || head[3]&hasExtra == 0 {
		return 0
	}
	extra := head[gzipHead:]
	if extra[0] != 'B' || extra[1] != 'C' || binary.LittleEndian.Uint16(extra[2:]) != 2 {
		return 0
	}
	return int(binary.LittleEndian.Uint16(extra[4:])) + 1
}

// bgzf cuts a file into its members.
type bgzf struct {
	in    *bufio.Reader
	ended bool // the last member was empty
}

func openBGZF(in *bufio.Reader, place string, workers int) (io.ReadCloser, error) {
	b := &bgzf{in: in}
	return openPieces(place, workers, 4*workers, cutting{
		next: b.next, unpack: unpackMember, rest: func() (io.ReadCloser, error) { return gzip.NewReader(in) },
	}), nil
}

// next reads a member. Behind one of BGZF others may follow, that are of gzip alone.
func (b *bgzf) next(p *piece) error {
	head, err := b.in.Peek(gzipHead + bgzfExtra)
	size := bgzfSize(head)
	switch {
	case len(head) == 0 && errors.Is(err, io.EOF) && !b.ended:
		return io.ErrUnexpectedEOF
	case len(head) == 0:
		return err
	case size == 0:
		return errUncut
	case size < gzipHead+bgzfExtra+gzipTrailer:
		return errCorrupt // shorter than a member without text
	}
	p.packed = p.packed[:0]
	if err := p.append(b.in, size); err != nil {
		return err
	}
	b.ended = textSize(p.packed) == 0
	return nil
}

// textSize is how much text a member says it has.
func textSize(member []byte) uint32 { return binary.LittleEndian.Uint32(member[len(member)-4:]) }

func unpackMember(p *piece) error {
	size := textSize(p.packed)
	if size > bgzfText {
		return errCorrupt
	}
	return p.inflate(int(size))
}
