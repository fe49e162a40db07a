package gs

import (
	"context"
	"errors"
	"hash/crc32"
	"io"
	"sync"

	"github.com/clinflow/clinflow/internal/store"
)

// What is asked for at a time: of the end, where a Parquet file tells what lies where,
// before anything is known of the object; then at least leastAhead, and twice as much
// each time that the reading goes on where it ended, up to mostAhead.
const (
	tailBytes  = 256 << 10
	leastAhead = 1 << 20
	mostAhead  = 4 << 20
)

// reader reads an object at any place: ReadAt in windows, Read in one stream.
type reader struct {
	*object
	mu     sync.Mutex
	window []byte
	start  int64 // of the window
	ended  int64 // where the last request did
	ahead  int64
	pos    int64 // of Read
	stream *stream
}

// OpenAt implements store.Dir. It asks for the file's end: whether there is a file, its
// size and its generation come with it.
func (d folder) OpenAt(ctx context.Context, name string) (store.ReaderAt, error) {
	o, err := d.object(ctx, name)
	if err != nil {
		return nil, err
	}
	r := &reader{object: o}
	tail := &stream{from: o, at: -tailBytes, end: -1}
	err = tail.request()
	if err == errBeyond { // it is empty
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	defer tail.close()
	r.start, r.ended = tail.at, o.size
	r.window = make([]byte, o.size-r.start)
	if r.start == 0 {
		return r, r.whole(tail)
	}
	_, err = io.ReadFull(tail, r.window)
	return r, err
}

// whole reads a file that is no longer than what was asked for of its end. Where such an
// answer is cut off the client goes on at a wrong place, for it counts from the end; so
// the sum is compared, and if it is another the file is read from its start.
func (r *reader) whole(tail *stream) error {
	want := tail.answer.Attrs.CRC32C
	_, err := io.ReadFull(tail, r.window)
	if err == nil && crc32.Checksum(r.window, castagnoli) == want {
		return nil
	}
	again := &stream{from: r.object, end: -1}
	defer again.close()
	_, err = io.ReadFull(again, r.window)
	return err
}

// Size implements store.ReaderAt.
func (r *reader) Size() int64 { return r.size }

// ReadAt implements io.ReaderAt.
func (r *reader) ReadAt(p []byte, off int64) (n int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for n < len(p) {
		if off >= r.size {
			return n, io.EOF
		}
		got := r.fromWindow(p[n:], off)
		if got == 0 {
			if got, err = r.fetch(p[n:], off); err != nil {
				return n, err
			}
		}
		n, off = n+got, off+int64(got)
	}
	return n, nil
}

func (r *reader) fromWindow(p []byte, off int64) int {
	if off < r.start || off >= r.start+int64(len(r.window)) {
		return 0
	}
	return copy(p, r.window[off-r.start:])
}

// fetch asks for a window from off on, and returns how much of it went into p at once.
func (r *reader) fetch(p []byte, off int64) (int, error) {
	if off == r.ended {
		r.ahead = min(2*r.ahead, mostAhead)
	} else {
		r.ahead = leastAhead
	}
	length := min(max(int64(len(p)), r.ahead), r.size-off)
	s := &stream{from: r.object, at: off, end: off + length}
	defer s.close()
	r.ended = s.end
	if length <= int64(len(p)) {
		return io.ReadFull(s, p[:length])
	}
	r.start = off
	r.window = append(r.window[:0], make([]byte, length)...)
	if _, err := io.ReadFull(s, r.window); err != nil {
		r.window = nil
		return 0, err
	}
	return copy(p, r.window), nil
}

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pos >= r.size {
		return 0, io.EOF
	}
	if n := r.fromWindow(p, r.pos); n > 0 {
		r.pos += int64(n)
		return n, nil
	}
	if r.stream == nil || r.stream.at != r.pos {
		r.end()
		r.stream = &stream{from: r.object, at: r.pos, end: -1}
	}
	n, err := r.stream.Read(p)
	r.pos += int64(n)
	return n, err
}

// Seek implements io.Seeker.
func (r *reader) Seek(offset int64, whence int) (int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch whence {
	case io.SeekCurrent:
		offset += r.pos
	case io.SeekEnd:
		offset += r.size
	}
	if offset < 0 {
		return 0, errors.New("seek before the start of " + r.place)
	}
	r.pos = offset
	return offset, nil
}

func (r *reader) end() {
	if r.stream != nil {
		r.stream.close()
	}
}

// Close implements io.Closer.
func (r *reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.end()
	r.window = nil
	return nil
}

// ReadRange implements store.Ranger: one request, whatever the size of the file.
func (d folder) ReadRange(ctx context.Context, name string, p []byte, off int64) (int, error) {
	o, err := d.object(ctx, name)
	if err != nil || len(p) == 0 {
		return 0, err
	}
	s := &stream{from: o, at: off, end: off + int64(len(p))}
	defer s.close()
	n, err := io.ReadFull(s, p)
	if err == io.ErrUnexpectedEOF || err == errBeyond {
		return n, io.EOF
	}
	return n, err
}
