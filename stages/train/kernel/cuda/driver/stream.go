package driver

import (
	"errors"
	"unsafe"
)

// Stream is a queue of work on the device.
type Stream struct {
	x      *Context
	handle uintptr
}

// NewStream makes a stream that waits for no other.
func (x *Context) NewStream() (*Stream, error) {
	const nonBlocking = 1 // CU_STREAM_NON_BLOCKING
	s := &Stream{x: x}
	return s, x.c.lib.call("cuStreamCreate", uintptr(unsafe.Pointer(&s.handle)), nonBlocking)
}

// Wait waits for all work of the stream and returns its first failure.
func (s *Stream) Wait() error { return s.x.c.lib.call("cuStreamSynchronize", s.handle) }

// Close gives the stream back.
func (s *Stream) Close() error { return s.x.c.lib.call("cuStreamDestroy_v2", s.handle) }

// Event is a place in a stream.
type Event struct {
	x      *Context
	handle uintptr
}

// NewEvent makes an event that measures time too.
func (x *Context) NewEvent() (*Event, error) {
	e := &Event{x: x}
	return e, x.c.lib.call("cuEventCreate", uintptr(unsafe.Pointer(&e.handle)), 0)
}

// Record puts the event after the work begun so far.
func (e *Event) Record(s *Stream) error { return e.x.c.lib.call("cuEventRecord", e.handle, s.handle) }

// Wait waits for the work before the event.
func (e *Event) Wait() error { return e.x.c.lib.call("cuEventSynchronize", e.handle) }

// Since is the milliseconds on the device from an earlier event; both are over.
func (e *Event) Since(earlier *Event) (ms float32, err error) {
	err = e.x.c.lib.call("cuEventElapsedTime", uintptr(unsafe.Pointer(&ms)), earlier.handle, e.handle)
	return ms, err
}

// Close gives the event back.
func (e *Event) Close() error { return e.x.c.lib.call("cuEventDestroy_v2", e.handle) }

// Graph is work that is begun again by one call.
type Graph struct {
	s    *Stream
	exec uintptr
}

// Capture runs f, whose work on the stream is kept in a graph and not begun. Where it
// fails nothing is kept, and the stream works as before.
func (s *Stream) Capture(f func() error) (*Graph, error) {
	const relaxed = 2 // CU_STREAM_CAPTURE_MODE_RELAXED: f may call from any thread
	lib := s.x.c.lib
	if err := lib.call("cuStreamBeginCapture_v2", s.handle, relaxed); err != nil {
		return nil, err
	}
	var captured uintptr
	g, failed := &Graph{s: s}, f()
	err := errors.Join(failed, lib.call("cuStreamEndCapture", s.handle, uintptr(unsafe.Pointer(&captured))))
	if err == nil {
		err = lib.call("cuGraphInstantiateWithFlags", uintptr(unsafe.Pointer(&g.exec)), captured, 0)
	}
	if captured != 0 {
		err = errors.Join(err, lib.call("cuGraphDestroy", captured))
	}
	if err != nil && g.exec != 0 {
		err = errors.Join(err, g.Close())
	}
	return g, err
}

// Launch begins the graph's work.
func (g *Graph) Launch() error { return g.s.x.c.lib.call("cuGraphLaunch", g.exec, g.s.handle) }

// Close gives the graph back.
func (g *Graph) Close() error { return g.s.x.c.lib.call("cuGraphExecDestroy", g.exec) }
