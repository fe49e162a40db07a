package cuda

import (
	"os"

	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda/driver"
)

// recording is a CUDA graph of a run.
type recording struct {
	d     *device
	graph *driver.Graph
}

// Record keeps what f begins in a CUDA graph, and begins that. With
// CUDA_LAUNCH_BLOCKING=1, which a graph does not heed, nothing is kept.
func (d *device) Record(f func() error) (kernel.Recording, error) {
	if os.Getenv("CUDA_LAUNCH_BLOCKING") == "1" {
		return nil, f()
	}
	d.enter()
	defer d.context.Leave()
	graph, err := d.stream.Capture(f)
	if err != nil {
		return nil, err
	}
	if d.err != nil { // a kernel's failure, which is Sync's to return
		return nil, graph.Close()
	}
	r := &recording{d, graph}
	r.Replay()
	return r, nil
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
