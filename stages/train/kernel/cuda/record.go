package cuda

import (
	"errors"
	"os"

	"github.com/rs/zerolog/log"

	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda/driver"
)

// recording is a CUDA graph of a run.
type recording struct {
	d     *device
	graph *driver.Graph
}

// Record keeps what f begins in a CUDA graph, and begins that. With
// CUDA_LAUNCH_BLOCKING=1, which a graph does not heed, nothing is kept, nor on a card
// that could not keep a run before.
func (d *device) Record(f func() error) (kernel.Recording, error) {
	d.enter()
	defer d.context.Leave()
	if d.err != nil || d.plain || os.Getenv("CUDA_LAUNCH_BLOCKING") == "1" {
		return nil, f()
	}
	graph, err := d.stream.Capture(func() error {
		err := f()
		return errors.Join(err, d.err)
	})
	if err != nil {
		return nil, d.launchPlainly(f, err)
	}
	r := &recording{d, graph}
	r.Replay()
	return r, nil
}

// launchPlainly runs what could not be recorded: what is wrong with more than the
// recording fails again.
func (d *device) launchPlainly(f func() error, why error) error {
	log.Warn().Msgf("the card keeps no recording of a step, which is slower: every kernel is launched by itself from now on: %v", why)
	d.plain, d.err = true, nil
	return f()
}

// Replay begins the run once more.
func (r *recording) Replay() {
	r.d.enter()
	defer r.d.context.Leave()
	r.d.Op("")
	r.d.fail("recorded run", r.graph.Launch())
}

// Close gives the graph back.
func (r *recording) Close() {
	r.d.enter()
	defer r.d.context.Leave()
	r.d.fail("recorded run", r.graph.Close())
}
