package kernel

import "errors"

// ErrMemory is wrapped by an Alloc that the device has no memory for.
var ErrMemory = errors.New("out of device memory")

// Recorder is a Backend that keeps what a run launched and launches it again at
// one call.
type Recorder interface {
	// Record runs f, which must only call kernels, and returns what runs the same
	// kernels over the same buffers once more.
	Record(f func() error) (Recording, error)
}

// Recording is a kept run. It is of no use once one of its buffers was freed.
type Recording interface {
	// Replay begins the run; Sync and Download return its failure.
	Replay()
	Close()
}

// Limited is a Backend that has no kernel for some attention.
type Limited interface {
	// Attends says why attention of such sizes, or its gradient, cannot be computed, and
	// what to take instead.
	Attends(a Attention, gradient bool) error
}

// Tracer is a Backend whose failures name the op that a kernel belongs to.
type Tracer interface {
	// Op says what the kernels that follow belong to.
	Op(name string)
}

// Card is a Backend with memory of its own.
type Card interface {
	// Memory is what is free of it, and all of it, in bytes.
	Memory() (free, total int64, err error)
}

// Randomizer is a Backend that draws numbers where they are used.
type Randomizer interface {
	// Normal draws all of y from a normal distribution of mean 0.
	Normal(y Buffer, seed uint64, stream uint32, deviation float64)
}
