package cuda

import (
	"errors"

	"github.com/clinflow/clinflow/stages/train/kernel/cuda/driver"
)

// stagingBytes is one half of the staging memory: some batches, or a piece of a
// weight matrix.
const stagingBytes = 8 << 20

// staging is page-locked host memory in two halves: while the device copies from one,
// the other is filled. A half is used again when the device has passed it.
type staging struct {
	context *driver.Context
	stream  *driver.Stream
	halves  [2][]byte
	passed  [2]*driver.Event
	begun   [2]bool // the event has been recorded
	now     int
	used    int // bytes of the present half
}

func newStaging(x *driver.Context, s *driver.Stream) (*staging, error) {
	g := &staging{context: x, stream: s}
	for i := range g.halves {
		half, err := x.AllocHost(stagingBytes)
		if err != nil {
			return nil, errors.Join(err, g.close())
		}
		g.halves[i] = half
		if g.passed[i], err = x.NewEvent(); err != nil {
			return nil, errors.Join(err, g.close())
		}
	}
	return g, nil
}

// take returns n bytes, at most stagingBytes, that the device is done with. They are
// to be read by work that is begun before the next call.
func (g *staging) take(n int) ([]byte, error) {
	const align = 256
	if g.used+n > stagingBytes {
		if err := g.turn(); err != nil {
			return nil, err
		}
	}
	at := g.used
	g.used = (at + n + align - 1) / align * align
	return g.halves[g.now][at : at+n], nil
}

// turn goes to the other half, and waits where the device has not passed it.
func (g *staging) turn() error {
	if err := g.passed[g.now].Record(g.stream); err != nil {
		return err
	}
	g.begun[g.now] = true
	g.now, g.used = 1-g.now, 0
	if !g.begun[g.now] {
		return nil
	}
	return g.passed[g.now].Wait()
}

func (g *staging) close() (err error) {
	for i, half := range g.halves {
		if half != nil {
			err = errors.Join(err, g.context.FreeHost(half))
		}
		if g.passed[i] != nil {
			err = errors.Join(err, g.passed[i].Close())
		}
	}
	return err
}
