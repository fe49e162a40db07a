package store

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"sync"
)

// BufferBytes is how much is gathered for one write: it spares a system call for
// each of many small ones.
const BufferBytes = 64 << 10

// buffers are those of files that have ended: a dataset has a thousand small ones.
var buffers = sync.Pool{New: func() any { return bufio.NewWriterSize(nil, BufferBytes) }}

// SummedFile is a file being written whose length and sha256 are known at its end.
type SummedFile struct {
	file   File
	buffer *bufio.Writer
	sum    hash.Hash
	bytes  int64
	err    error
}

// CreateSummed begins a file, as Dir.Create does.
func CreateSummed(ctx context.Context, dir Dir, name string) (*SummedFile, error) {
	f, err := dir.Create(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("begin a file of %s: %w", dir.URI(), err)
	}
	buffer := buffers.Get().(*bufio.Writer)
	buffer.Reset(f)
	return &SummedFile{file: f, buffer: buffer, sum: sha256.New()}, nil
}

// Write implements io.Writer.
func (s *SummedFile) Write(p []byte) (int, error) {
	n, err := s.buffer.Write(p)
	s.sum.Write(p[:n])
	s.bytes += int64(n)
	if s.err == nil {
		s.err = err
	}
	return n, err
}

// Commit gives the file its name, and makes it durable where its Dir does.
func (s *SummedFile) Commit() error {
	if err := s.flush(); err != nil {
		s.file.Abort()
		return err
	}
	return s.file.Commit()
}

// flush writes what is gathered, and gives the buffer back.
func (s *SummedFile) flush() error {
	if s.buffer == nil {
		return nil // of a file that has ended
	}
	err := s.buffer.Flush()
	s.buffer.Reset(nil)
	buffers.Put(s.buffer)
	s.buffer = nil
	return err
}

// Abort removes what was written. After Commit it does nothing.
func (s *SummedFile) Abort() { s.file.Abort() }

// Err is the first error of Write: an encoder above may wrap it in words of its
// own, or lose it.
func (s *SummedFile) Err() error { return s.err }

// Bytes is how many bytes were written.
func (s *SummedFile) Bytes() int64 { return s.bytes }

// SHA256 is the sha256, in hexadecimal, of what was written.
func (s *SummedFile) SHA256() string { return hex.EncodeToString(s.sum.Sum(nil)) }

// SHA256 reads a whole file for its sha256, in hexadecimal, and its length in bytes.
func SHA256(ctx context.Context, dir Dir, name string) (sum string, size int64, err error) {
	f, err := dir.Open(ctx, name)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	if sum, size, err = Sum(ctx, f); err != nil {
		return "", 0, fmt.Errorf("read %s/%s: %w", dir.URI(), name, err)
	}
	return sum, size, nil
}

// Sum reads to the end, or until ctx ends, for the sha256, in hexadecimal, and the
// length in bytes of what is read.
func Sum(ctx context.Context, r io.Reader) (sum string, size int64, err error) {
	hash := sha256.New()
	if size, err = io.Copy(hash, Until(ctx, r)); err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(hash.Sum(nil)), size, nil
}

// WriteFile leaves a file with the given bytes, or none.
func WriteFile(ctx context.Context, dir Dir, name string, data []byte) error {
	f, err := dir.Create(ctx, name)
	if err != nil {
		return err
	}
	return WriteAll(f, data)
}

// WriteNew is WriteFile, and ErrExists where there is a file of the name.
func WriteNew(ctx context.Context, dir Dir, name string, data []byte) error {
	f, err := dir.CreateNew(ctx, name)
	if err != nil {
		return err
	}
	return WriteAll(f, data)
}

// WriteAll gives a file that was begun its bytes and commits it, or leaves none.
func WriteAll(f File, data []byte) error {
	defer f.Abort()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Commit()
}

// ReadFile reads a file whole.
func ReadFile(ctx context.Context, dir Dir, name string) ([]byte, error) {
	f, err := dir.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("read %s/%s: %w", dir.URI(), name, err)
	}
	return data, nil
}

// Until is r for a long read that ends when ctx does.
func Until(ctx context.Context, r io.Reader) io.Reader { return until{ctx, r} }

type until struct {
	ctx context.Context
	io.Reader
}

// Read implements io.Reader.
func (u until) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.Reader.Read(p)
}
