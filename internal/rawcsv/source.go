package rawcsv

import (
	"bufio"
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/foreign"
	"github.com/clinflow/clinflow/internal/guard"
)

// source is the decompressed file: it counts bytes and remembers what ended it,
// so that a truncated file is not taken for a quote left open.
type source struct {
	name string
	file *witness
	text io.ReadCloser
	by   string // what packed it
	read int64
	err  error
}

// witness remembers the error of the file beneath the decompressor: a disk that fails is
// not bad data. A file ends with io.EOF itself: an error that wraps it, as that of a
// connection that was closed, ends none, and must not be taken for the end behind this.
type witness struct {
	io.Reader
	err error
}

func (w *witness) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if err != nil && err != io.EOF {
		w.err = tooEarly(err)
		return n, w.err
	}
	return n, err
}

// newSource decompresses a file whose name says that it is packed, on so many workers
// where the file can be cut among them. It must be closed.
func newSource(r io.Reader, name string, workers int) (*source, error) {
	s := &source{name: name, file: &witness{Reader: r}}
	if packedAs(name) == nil {
		s.text = io.NopCloser(s.file)
		return s, nil
	}
	ahead := bufio.NewReaderSize(s.file, blockBytes)
	head, _ := ahead.Peek(foreign.HeadBytes)
	p := packingOf(head)
	if p == nil {
		return nil, s.refuse(head)
	}
	s.by = p.name
	s.text, s.err = p.open(ahead, name, workers)
	if s.err != nil {
		return nil, s.failure()
	}
	return s, nil
}

// refuse says what a file is that is not packed.
func (s *source) refuse(head []byte) error {
	by, other := packedAs(s.name).name, foreign.Refuse(head)
	switch {
	case s.file.err != nil:
		return exit.Errorf(exit.Failed, "%s: read: %w", s.name, s.file.err)
	case len(head) == 0:
		return exit.Errorf(exit.BadData, "%s: the file is empty; restore it from its source", s.name)
	case other != nil:
		return exit.Errorf(exit.BadData, "%s: not a %s file; restore it: %w", s.name, by, other)
	}
	return exit.Errorf(exit.BadData, "%s: not a %s file; restore it, or name it .csv where it is plain text", s.name, by)
}

// Read reads decompressed bytes.
func (s *source) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.text.Read(p)
	s.read += int64(n)
	s.err = err
	return n, err
}

// Close ends the decompressing. The file beneath stays the caller's.
func (s *source) Close() {
	if s.text != nil {
		_ = s.text.Close() // it only waits for goroutines to end
	}
}

// failure is what stopped the file before its end, nil where nothing did.
func (s *source) failure() error {
	switch {
	case s.err == nil || s.err == io.EOF:
		return nil
	case s.file.err != nil:
		return exit.Errorf(exit.Failed, "%s: read at decompressed byte %d: %w", s.name, s.read, s.file.err)
	case errors.Is(s.err, io.ErrUnexpectedEOF):
		return exit.Errorf(exit.BadData, "%s: %s ends too early, at decompressed byte %d; the file is truncated, copy it again", s.name, s.by, s.read)
	case errors.Is(s.err, zstd.ErrWindowSizeExceeded), errors.Is(s.err, zstd.ErrUnknownDictionary):
		return exit.Errorf(exit.BadData, "%s: zstd at decompressed byte %d needs a dictionary, or a window of more than %d MiB; pack the file again without", s.name, s.read, maxWindow>>20)
	}
	var panicked *guard.Panic
	if errors.As(s.err, &panicked) {
		return s.err
	}
	return exit.Errorf(exit.BadData, "%s: %s is corrupt at decompressed byte %d; copy the file again and compare its checksum", s.name, s.by, s.read)
}
