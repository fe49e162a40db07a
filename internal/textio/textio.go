// Package textio reads text that comes from outside: files that never end, pipes
// that nobody closes, and the byte order mark that editors on Windows begin a file
// with.
package textio

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"

	"github.com/clinflow/clinflow/internal/exit"
)

// mark is U+FEFF in UTF-8.
var mark = []byte("\uFEFF")

// WithoutMark returns text without the byte order mark that it may begin with.
func WithoutMark(text []byte) []byte { return bytes.TrimPrefix(text, mark) }

// SkipMark returns a reader of r without the byte order mark that it may begin
// with. It waits for the first byte, and for more only where that may begin a mark.
func SkipMark(r io.Reader) *bufio.Reader {
	ahead := bufio.NewReader(r)
	DiscardMark(ahead)
	return ahead
}

// DiscardMark takes the byte order mark off what r reads, as SkipMark does, and
// returns how many bytes it had: 0 where there is none.
func DiscardMark(r *bufio.Reader) int {
	if first, _ := r.Peek(1); !bytes.HasPrefix(mark, first) {
		return 0
	}
	start, _ := r.Peek(len(mark))
	n, _ := r.Discard(len(start) - len(WithoutMark(start))) // they are in the buffer
	return n
}

// ReadFile reads a file of any kind, a pipe or a terminal too, to its end or to
// limit+1 bytes: more than limit says that there is more. It ends when the
// context does, as exit.Interrupted, though the file may have nobody at its
// other end.
func ReadFile(ctx context.Context, path string, limit int64) ([]byte, error) {
	return until(ctx, func() ([]byte, error) {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return io.ReadAll(io.LimitReader(f, limit+1))
	})
}

// maxWhole bounds what Whole reads: a model's index of tensors has a megabyte.
const maxWhole = 64 << 20

// Whole reads a file without the byte order mark that it may begin with. A pipe, a
// device and a file of more than 64 MiB are errors of exit.Usage.
func Whole(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if _, link := os.Lstat(path); err != nil && link == nil {
		return nil, exit.Errorf(exit.Usage, "%s is a link to a file that is not there; copy the folder again, with the files that its links lead to", path)
	}
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular(): // opening a pipe would wait for its other end
		return nil, exit.Errorf(exit.Usage, "%s is not a regular file", path)
	case info.Size() > maxWhole:
		return nil, exit.Errorf(exit.Usage, "%s is larger than %d MiB, too large for a file of settings", path, maxWhole>>20)
	}
	text, err := os.ReadFile(path)
	return WithoutMark(text), err
}

// Interruptible returns a reader of r whose Read ends when the context does, as
// exit.Interrupted. A read of r that is under way then is left behind.
func Interruptible(ctx context.Context, r io.Reader) io.Reader { return &interruptible{ctx, r, nil} }

type interruptible struct {
	ctx  context.Context
	r    io.Reader
	rest []byte // read and not yet given
}

// Read implements io.Reader.
func (i *interruptible) Read(p []byte) (int, error) {
	if len(i.rest) == 0 {
		var err error
		i.rest, err = until(i.ctx, func() ([]byte, error) {
			own := make([]byte, max(len(p), 1)) // p is the caller's again once the context has ended
			n, err := i.r.Read(own)
			return own[:n], err
		})
		if len(i.rest) == 0 {
			return 0, err
		}
	}
	n := copy(p, i.rest)
	i.rest = i.rest[n:]
	return n, nil
}

// until waits for f or for the end of the context.
func until(ctx context.Context, f func() ([]byte, error)) ([]byte, error) {
	type outcome struct {
		data []byte
		err  error
	}
	done := make(chan outcome, 1)
	go func() {
		data, err := f()
		done <- outcome{data, err}
	}()
	select {
	case o := <-done:
		return o.data, o.err
	case <-ctx.Done():
		return nil, exit.Errorf(exit.Interrupted, "stopped while reading: %w", context.Cause(ctx))
	}
}
