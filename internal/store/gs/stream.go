package gs

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"cloud.google.com/go/storage"
)

// stall is how long an answer may let wait for its next byte before it is asked for again.
var stall = time.Minute

var errStalled = errors.New("the bucket stopped answering")

// object is one generation of an object, whichever is there when its first byte is
// read: a file that is overwritten meanwhile is never read half and half.
type object struct {
	ctx        context.Context
	handle     *storage.ObjectHandle
	place      string
	generation int64 // 0 before the first answer
	size       int64 // of the whole object, known with the generation
}

func (d folder) object(ctx context.Context, name string) (*object, error) {
	handle, err := d.handle(name)
	if err != nil {
		return nil, err
	}
	return &object{ctx: ctx, handle: handle, place: d.place(name)}, nil
}

// ask requests so many bytes from an offset on, all that follow where length is
// negative; of a negative offset, that many from the end.
func (o *object) ask(ctx context.Context, offset, length int64) (*storage.Reader, error) {
	handle := o.handle.ReadCompressed(true) // bytes as they lie there: gzip is unpacked above
	if o.generation != 0 {
		handle = handle.Generation(o.generation)
	}
	r, err := handle.NewRangeReader(ctx, offset, length)
	if err == nil && o.generation == 0 {
		o.generation, o.size = r.Attrs.Generation, r.Attrs.Size
	}
	return r, err
}

// all reads the object whole.
func (o *object) all() ([]byte, error) {
	s := &stream{from: o, end: -1}
	defer s.close()
	return io.ReadAll(s)
}

// stream reads an object from a place on, in one request if nothing comes between. The
// client itself goes on where a connection was cut; here is seen to those that stop.
type stream struct {
	from   *object
	at     int64 // the next byte; negative before the first answer, counted from the end
	end    int64 // where to stop; negative is the object's end
	answer *answer
	failed int // answers in a row that gave nothing
}

// answer is what came back of one request.
type answer struct {
	*storage.Reader
	ctx   context.Context
	stop  context.CancelCauseFunc
	watch *time.Timer
}

// Open implements store.Dir. The file is read in one request.
func (d folder) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	o, err := d.object(ctx, name)
	if err != nil {
		return nil, err
	}
	s := &stream{from: o, end: -1}
	return s, s.request()
}

// request asks for what is to come, unless an answer is on its way.
func (s *stream) request() error {
	for s.answer == nil {
		a := &answer{}
		a.ctx, a.stop = context.WithCancelCause(s.from.ctx)
		a.watch = time.AfterFunc(time.Hour, func() { a.stop(errStalled) })
		a.watch.Stop() // until bytes are waited for
		var err error
		if a.Reader, err = s.from.ask(a.ctx, s.at, s.length()); err == nil {
			s.answer, s.at = a, a.Attrs.StartOffset
			return nil
		}
		a.end()
		if err = s.fail(a, err); err != nil {
			return err
		}
	}
	return nil
}

// length is how much to ask for.
func (s *stream) length() int64 {
	if s.end < 0 {
		return -1
	}
	return s.end - s.at
}

// Read implements io.Reader.
func (s *stream) Read(p []byte) (int, error) {
	for {
		if s.end >= 0 && s.at >= s.end {
			return 0, io.EOF
		}
		if err := s.request(); err != nil {
			return 0, err
		}
		a := s.answer
		a.watch.Reset(stall)
		n, err := a.Read(p)
		a.watch.Stop()
		s.at += int64(n)
		switch {
		case n > 0 || err == nil:
			s.failed = 0
			return n, nil
		case err == io.EOF && s.at >= s.from.size:
			return 0, io.EOF
		}
		s.close()
		if err := s.fail(a, err); err != nil {
			return 0, err
		}
	}
}

// errBeyond says that an object has none of the bytes that were asked for.
var errBeyond = errors.New("asked for bytes behind the end of an object")

// fail returns nil where it is worth asking once more for what an answer did not give.
func (s *stream) fail(a *answer, err error) error {
	if s.from.ctx.Err() != nil {
		return told("read", s.from.place, context.Cause(s.from.ctx))
	}
	if context.Cause(a.ctx) == errStalled {
		err = errStalled
	}
	s.failed++
	switch {
	case codeOf(err) == http.StatusRequestedRangeNotSatisfiable:
		return errBeyond
	case (err == errStalled || err == io.EOF) && s.failed < tries:
		return nil
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
	}
	return told("read", s.from.place, err)
}

func (a *answer) end() {
	a.watch.Stop()
	a.stop(nil)
	if a.Reader != nil {
		_ = a.Close()
	}
}

func (s *stream) close() {
	if s.answer != nil {
		s.answer.end()
		s.answer = nil
	}
}

// Close implements io.Closer.
func (s *stream) Close() error {
	s.close()
	return nil
}
