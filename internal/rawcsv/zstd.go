package rawcsv

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"
)

// The format is RFC 8878: https://www.rfc-editor.org/rfc/rfc8878

const (
	// maxFrame bounds text and window of a frame that is decompressed by itself; pzstd's
	// have 8 MiB as a rule. A longer one is decompressed as a stream, and what follows
	// with it.
	maxFrame = 16 << 20
	// maxWindow bounds the text that a stream looks back on.
	maxWindow = 32 << 20
	// maxBlock is the most text of a block (section 3.1.1.2.3).
	maxBlock = 128 << 10
	// maxHead is the longest header of a frame (section 3.1.1.1), its magic included.
	maxHead = 18
)

// isZstd says whether a file begins with a frame, or with one to skip, as pzstd's do.
func isZstd(head []byte) bool {
	skippable := len(head) >= 4 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:4], []byte("\x2a\x4d\x18"))
	return skippable || bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd"))
}

// frames cuts a file into its frames.
type frames struct {
	in      *bufio.Reader
	workers int
	begun   []byte // of a frame that is too long
}

func openZstd(in *bufio.Reader, place string, workers int) (io.ReadCloser, error) {
	f := &frames{in: in, workers: workers}
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(workers), zstd.WithDecoderMaxMemory(maxFrame))
	if err != nil {
		return nil, err
	}
	unpack := func(p *piece) (err error) {
		if p.text, err = d.DecodeAll(p.packed, p.text[:0]); errors.Is(err, io.ErrUnexpectedEOF) {
			return errCorrupt
		}
		return err
	}
	return openPieces(place, workers, min(workers, 4)+1, cutting{next: f.next, unpack: unpack, rest: f.rest}), nil
}

// rest decompresses from the frame on that is too long.
func (f *frames) rest() (io.ReadCloser, error) {
	d, err := zstd.NewReader(io.MultiReader(bytes.NewReader(f.begun), f.in), zstd.WithDecoderConcurrency(f.workers), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}

// next reads a frame, without decompressing it.
func (f *frames) next(p *piece) error {
	p.packed = p.packed[:0]
	for {
		head, err := f.in.Peek(maxHead)
		if len(head) == 0 {
			return err
		}
		var h zstd.Header
		if err := h.Decode(head); errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		} else if err != nil {
			return errCorrupt
		}
		if !h.Skippable {
			return f.frame(p, h)
		}
		if _, err := io.CopyN(io.Discard, f.in, int64(h.HeaderSize)+int64(h.SkippableSize)); err != nil {
			return tooEarly(err)
		}
	}
}

// frame reads a frame that begins with a header.
func (f *frames) frame(p *piece, h zstd.Header) error {
	if err := p.append(f.in, h.HeaderSize); err != nil {
		return err
	}
	text := h.FrameContentSize // or, where it is not told, what it cannot exceed
	for last := false; !last; {
		size, end, err := f.block(p)
		if err != nil {
			return err
		}
		if last = end; !h.HasFCS {
			text += uint64(size)
		}
		if text > maxFrame || len(p.packed) > maxFrame || h.WindowSize > maxFrame {
			f.begun = p.packed
			return errUncut
		}
	}
	if h.HasCheckSum {
		return p.append(f.in, 4)
	}
	return nil
}

// block reads a block (section 3.1.1.2), and returns what its text cannot exceed and
// whether it is the frame's last.
func (f *frames) block(p *piece) (text int, last bool, err error) {
	if err := p.append(f.in, 3); err != nil {
		return 0, false, err
	}
	var four [4]byte
	copy(four[:], p.packed[len(p.packed)-3:])
	head := binary.LittleEndian.Uint32(four[:])
	size := int(head >> 3)
	text, packed := size, size
	switch head >> 1 & 3 {
	case 1: // one byte again and again
		packed = 1
	case 2: // compressed
		text = maxBlock
	case 3:
		return 0, false, errCorrupt
	}
	return text, head&1 == 1, p.append(f.in, packed)
}
