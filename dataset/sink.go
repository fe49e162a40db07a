package dataset

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"

	"github.com/clinflow/clinflow/internal/store"
)

// sink is a file being written whose length and sha256 are known at its end.
// The first error of the store stays: encoders above wrap it in words of their
// own, or lose it.
type sink struct {
	file   store.File
	buffer *bufio.Writer
	sum    hash.Hash
	bytes  int64
	err    error
}

// sinkBuffer spares a system call for each of a page's small headers.
const sinkBuffer = 64 << 10

func createSink(ctx context.Context, dir store.Dir, name string) (*sink, error) {
	f, err := dir.Create(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("dataset %s: %w", dir.URI(), err)
	}
	return &sink{file: f, buffer: bufio.NewWriterSize(f, sinkBuffer), sum: sha256.New()}, nil
}

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.buffer.Write(p)
	s.sum.Write(p[:n])
	s.bytes += int64(n)
	if s.err == nil {
		s.err = err
	}
	return n, err
}

// Commit makes the file durable under its name.
func (s *sink) Commit() error {
	if err := s.buffer.Flush(); err != nil {
		s.file.Abort()
		return err
	}
	return s.file.Commit()
}

// Abort removes what was written.
func (s *sink) Abort() { s.file.Abort() }

func (s *sink) digest() string { return hex.EncodeToString(s.sum.Sum(nil)) }
