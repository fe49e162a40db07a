package rawcsv

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/foreign"
	"github.com/klauspost/compress/gzip"
)

// source is the decompressed file: it counts bytes and remembers what ended it,
// so that a truncated file is not taken for a quote left open.
type source struct {
	name string
	file *witness
	text io.Reader
	read int64
	err  error
}

// witness remembers the error of the file beneath the decompressor: a disk that
// fails is not bad data.
type witness struct {
	io.Reader
	err error
}

func (w *witness) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}

func newSource(r io.Reader, name string) (*source, error) {
	file := &witness{Reader: r}
	s := &source{name: name, file: file, text: file}
	if !strings.HasSuffix(name, ".gz") {
		return s, nil
	}
	ahead := bufio.NewReader(file)
	head, _ := ahead.Peek(foreign.HeadBytes)
	other := foreign.Refuse(head)
	unzip, err := gzip.NewReader(ahead)
	switch {
	case errors.Is(err, io.EOF):
		return nil, exit.Errorf(exit.BadData, "%s: the file is empty; restore it from its source", name)
	case err != nil && file.err == nil && other != nil && !packed(head):
		return nil, exit.Errorf(exit.BadData, "%s: not a gzip file; restore it: %w", name, other)
	case err != nil && file.err == nil:
		return nil, exit.Errorf(exit.BadData, "%s: not a gzip file; restore it, or name it .csv where it is plain text", name)
	case err != nil:
		s.err = err
		return nil, s.failure()
	}
	s.text = unzip
	return s, nil
}

// packed says whether a file begins as gzip does, though what follows may be damaged.
func packed(head []byte) bool { return bytes.HasPrefix(head, []byte("\x1f\x8b")) }

// Read reads decompressed bytes.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.text.Read(p)
	s.read += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// failure is what stopped the file before its end, nil where nothing did.
func (s *source) failure() error {
	switch {
	case s.err == nil:
		return nil
	case s.file.err != nil:
		return exit.Errorf(exit.Failed, "%s: read at decompressed byte %d: %w", s.name, s.read, s.file.err)
	case errors.Is(s.err, io.ErrUnexpectedEOF):
		return exit.Errorf(exit.BadData, "%s: gzip ends too early, at decompressed byte %d; the file is truncated, copy it again", s.name, s.read)
	}
	return exit.Errorf(exit.BadData, "%s: gzip is corrupt at decompressed byte %d; copy the file again and compare its checksum", s.name, s.read)
}
