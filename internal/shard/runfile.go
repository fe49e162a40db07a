package shard

import (
	"context"
	"encoding/binary"
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
	sink   *sink
	rows   int64
	frame  []byte
}

func createRunFile(ctx context.Context, dir store.Dir, name string, l *layout) (*runFile, error) {
	s, err := createSink(ctx, dir, name)
	if err != nil {
		return nil, err
	}
	return &runFile{layout: l, sink: s}, nil
}

func (f *runFile) write(row unsafe.Pointer) error {
	f.frame = append(f.frame[:0], make([]byte, frameHead)...)
	for _, c := range f.layout.columns {
		f.frame = c.pack(f.frame, row)
	}
	body := f.frame[frameHead:]
	binary.LittleEndian.PutUint32(f.frame, uint32(len(body)))
	binary.LittleEndian.PutUint32(f.frame[4:], uint32(xxhash.Sum64(body)))
	f.rows++
	_, err := f.sink.Write(f.frame)
	return err
}

// commit gives the file its name.
func (f *runFile) commit() (PartInfo, error) {
	if err := f.sink.Commit(); err != nil {
		return PartInfo{}, err
	}
	return PartInfo{Rows: f.rows, Bytes: f.sink.bytes, SHA256: f.sink.digest()}, nil
}

func (f *runFile) abort() { f.sink.Abort() }

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

// unpack fills a row from its frame, which begins with head. The row's text and
// lists are views of body. It reports false for any other bytes than write wrote.
func (l *layout) unpack(head, body []byte, row unsafe.Pointer) bool {
	if binary.LittleEndian.Uint32(head[4:]) != uint32(xxhash.Sum64(body)) {
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
