package dataset

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"unsafe"

	"github.com/cespare/xxhash/v2"

	"github.com/clinflow/clinflow/internal/store"
)

// A run file lives as long as its step and is read once, so it is no Parquet: rows
// stand one after the other as they lie in memory, each behind its length and a
// hash, and a merge takes them as they come. What a merge holds of a run is then
// small whatever the run's size, and a row's text is copied once, into the file.
//
// frameHead is the length of a row and the lower half of its xxhash64, four bytes
// each, little-endian.
const frameHead = 8

// runFile is a run file being written.
type runFile struct {
	layout *layout
	file   store.File
	buffer *bufio.Writer
	bytes  int64
	frame  []byte
}

func createRunFile(ctx context.Context, dir store.Dir, name string, l *layout) (*runFile, error) {
	f, err := dir.Create(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("begin a run: %w", err)
	}
	return &runFile{layout: l, file: f, buffer: bufio.NewWriterSize(f, sinkBuffer)}, nil
}

func (f *runFile) write(row unsafe.Pointer) error {
	f.frame = append(f.frame[:0], make([]byte, frameHead)...)
	for _, c := range f.layout.columns {
		f.frame = c.pack(f.frame, row)
	}
	body := f.frame[frameHead:]
	binary.LittleEndian.PutUint32(f.frame, uint32(len(body)))
	binary.LittleEndian.PutUint32(f.frame[4:], uint32(xxhash.Sum64(body)))
	n, err := f.buffer.Write(f.frame)
	f.bytes += int64(n)
	return err
}

// commit gives the file its name.
func (f *runFile) commit() error {
	if err := f.buffer.Flush(); err != nil {
		f.abort()
		return err
	}
	return f.file.Commit()
}

func (f *runFile) abort() { f.file.Abort() }

// unframe splits the first row off a piece of a run: its packed columns and what
// follows. size is how many bytes the row takes with its head; more than there are
// in the piece where it goes on behind it.
func unframe(piece []byte) (body, rest []byte, size int) {
	if len(piece) < frameHead {
		return nil, piece, frameHead
	}
	size = frameHead + int(binary.LittleEndian.Uint32(piece))
	if len(piece) < size {
		return nil, piece, size
	}
	return piece[frameHead:size], piece[size:], size
}

// sound compares the body of a frame with the hash in its head.
func sound(head, body []byte) bool {
	return binary.LittleEndian.Uint32(head[4:]) == uint32(xxhash.Sum64(body))
}

// checkRows reads a run file for damage: it has no sha256, for each row has its hash.
func checkRows(ctx context.Context, dir store.Dir, name string, size int64, _ string) error {
	f, err := dir.Open(ctx, name)
	if err != nil {
		return err
	}
	defer f.Close()
	head, body := make([]byte, frameHead), []byte(nil)
	in := bufio.NewReaderSize(f, sinkBuffer)
	for size > 0 {
		if _, err := io.ReadFull(in, head); err != nil {
			return err
		}
		length := int64(binary.LittleEndian.Uint32(head))
		if size -= frameHead + length; size < 0 {
			return io.ErrUnexpectedEOF
		}
		body = slices.Grow(body[:0], int(length))[:length]
		if _, err := io.ReadFull(in, body); err != nil {
			return err
		}
		if !sound(head, body) {
			return fmt.Errorf("%s: a row is not as it was written", name)
		}
	}
	return nil
}

// unpack fills a row from its frame, which begins with head. The row's text and
// lists are views of body. It reports false for any other bytes than write wrote.
func (l *layout) unpack(head, body []byte, row unsafe.Pointer) bool {
	if !sound(head, body) {
		return false
	}
	for _, c := range l.columns {
		var ok bool
		if body, ok = c.unpack(body, row); !ok {
			return false
		}
	}
	return len(body) == 0
}

// memoryOf views the bytes of a value that holds no pointers.
func memoryOf[V any](value *V) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(value)), unsafe.Sizeof(*value))
}

func (c scalar[F, V]) pack(frame []byte, row unsafe.Pointer) []byte {
	return append(frame, memoryOf(c.at(row))...)
}

func (c scalar[F, V]) unpack(body []byte, row unsafe.Pointer) (rest []byte, ok bool) {
	n := copy(memoryOf(c.at(row)), body)
	return body[n:], n == int(unsafe.Sizeof(*c.at(row)))
}

func (c text) pack(frame []byte, row unsafe.Pointer) []byte {
	return packBytes(frame, bytesOf(*c.at(row)))
}

func (c text) unpack(body []byte, row unsafe.Pointer) (rest []byte, ok bool) {
	value, rest, ok := unpackBytes(body)
	*c.at(row) = unsafe.String(unsafe.SliceData(value), len(value))
	return rest, ok
}

func (c list[V]) pack(frame []byte, row unsafe.Pointer) []byte {
	items := *c.at(row)
	return packBytes(frame, unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(items))), valueBytes*len(items)))
}

func (c list[V]) unpack(body []byte, row unsafe.Pointer) (rest []byte, ok bool) {
	value, rest, ok := unpackBytes(body)
	if ok = ok && len(value)%valueBytes == 0; ok && len(value) > 0 {
		// A copy, for the file has the values at any address.
		items := make([]V, len(value)/valueBytes)
		copy(unsafe.Slice((*byte)(unsafe.Pointer(&items[0])), len(value)), value)
		*c.at(row) = items
	}
	return rest, ok
}

func packBytes(frame, value []byte) []byte {
	return append(binary.AppendUvarint(frame, uint64(len(value))), value...)
}

func unpackBytes(body []byte) (value, rest []byte, ok bool) {
	length, n := binary.Uvarint(body)
	if n <= 0 || length > uint64(len(body)-n) {
		return nil, nil, false
	}
	end := n + int(length)
	return body[n:end], body[end:], true
}
