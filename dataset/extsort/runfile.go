package extsort

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

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
	file   store.File
	buffer []byte // rows that are not in the file yet
	bytes  int64
}

// writeBytes is how much goes to the file at a time.
const writeBytes = 256 << 10

func createRunFile(ctx context.Context, dir store.Dir, name string) (*runFile, error) {
	f, err := dir.Create(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("begin a run: %w", err)
	}
	return &runFile{file: f, buffer: make([]byte, 0, writeBytes+store.BufferBytes)}, nil
}

// head begins a frame behind the rows so far, for a row to be appended.
func (f *runFile) head() []byte { return append(f.buffer, make([]byte, frameHead)...) }

// write takes what head returned and the row behind it, and fills in the frame's head.
func (f *runFile) write(rows []byte) error {
	frame := rows[len(f.buffer):]
	body := frame[frameHead:]
	binary.LittleEndian.PutUint32(frame, uint32(len(body)))
	binary.LittleEndian.PutUint32(frame[4:], uint32(xxhash.Sum64(body)))
	f.bytes += int64(len(frame))
	f.buffer = rows
	if len(rows) < writeBytes {
		return nil
	}
	return f.flush()
}

func (f *runFile) flush() error {
	_, err := f.file.Write(f.buffer)
	f.buffer = f.buffer[:0]
	return err
}

// commit gives the file its name.
func (f *runFile) commit() error {
	if err := f.flush(); err != nil {
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

// Check reads a run file of so many bytes for damage: a run file has no sha256, for
// each row has its hash.
func Check(ctx context.Context, dir store.Dir, name string, size int64) error {
	f, err := dir.Open(ctx, name)
	if err != nil {
		return err
	}
	defer f.Close()
	head, body := make([]byte, frameHead), []byte(nil)
	in := bufio.NewReaderSize(f, store.BufferBytes)
	for size > 0 {
		if _, err := io.ReadFull(in, head); err != nil {
			return fmt.Errorf("read run %s: %w", name, err)
		}
		length := int64(binary.LittleEndian.Uint32(head))
		if size -= frameHead + length; size < 0 {
			return fmt.Errorf("read run %s: %w", name, io.ErrUnexpectedEOF)
		}
		body = slices.Grow(body[:0], int(length))[:length]
		if _, err := io.ReadFull(in, body); err != nil {
			return fmt.Errorf("read run %s: %w", name, err)
		}
		if !sound(head, body) {
			return fmt.Errorf("run %s: a row is not as it was written", name)
		}
	}
	return nil
}
