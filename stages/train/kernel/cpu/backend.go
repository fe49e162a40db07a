// Package cpu is the kernel.Backend of the host: pure Go for float32 and
// float64, and assembly for float32 matrix products and exponentials where the
// processor has AVX2 or AVX-512.
//
// Workers split the rows and columns of a result, never a sum, so that any
// number of them gives the same bytes.
package cpu

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/clinflow/clinflow/internal/guard"
	"github.com/clinflow/clinflow/stages/train/kernel"
)

// Options of a backend.
type Options struct {
	Float   kernel.DType // F32 (default) or F64
	Workers int          // goroutines of a kernel; 0: GOMAXPROCS
	// Kernel is "go", "avx2" or "avx512"; "" takes the best this processor has.
	// The kernels differ in the order of float operations: name one to
	// reproduce a result on another machine.
	Kernel string
	// Open counts the devices that share the processors: each gets its part of
	// the workers, as several small teams finish sooner than teams that crowd each
	// other out. nil: the device has them for itself.
	Open *atomic.Int32
	// Spare says whether so many bytes may be taken to keep a frozen matrix packed for
	// products, which saves time and moves no byte of a result: with both forms, it is
	// there three times. nil: they may.
	Spare func(bytes int64) bool
	// Memory is how many bytes all buffers of the device may take: a process that asks the
	// system for more than there is would be ended by it. 0: as many as it gives.
	Memory int64
}

// New returns a backend.
func New(o Options) (kernel.Backend, error) {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	switch o.Float {
	case kernel.F32:
		f, err := functions32(o.Kernel)
		if err != nil {
			return nil, err
		}
		return newDevice(o, f), nil
	case kernel.F64:
		if o.Kernel != "" && o.Kernel != "go" {
			return nil, fmt.Errorf("kernel %s computes in float32, use \"go\" for float64", o.Kernel)
		}
		return newDevice(o, pure64()), nil
	}
	return nil, fmt.Errorf("the cpu computes in F32 or F64, not in %v", o.Float)
}

// number is what the kernels compute in.
type number interface{ float32 | float64 }

// device implements kernel.Backend.
type device[T number] struct {
	functions[T]
	float   kernel.DType
	workers []*worker[T]
	errs    []error
	packedB []T // scratch for a right-hand matrix that is not kept packed
	err     error
	open    *atomic.Int32          // see Options.Open
	spare   func(bytes int64) bool // see Options.Spare
	memory  int64                  // see Options.Memory
	held    int64                  // bytes of buffers that were not freed
}

// team is how many workers a kernel gets now. It moves no byte of a result.
func (d *device[T]) team() int { return max(1, len(d.workers)/max(1, int(d.open.Load()))) }

// worker is what one goroutine of a kernel has to itself.
type worker[T number] struct {
	packedA, packedB []T
	tile             []T // a tile of the result that does not fit whole
	scores, grads    []T // attention
	kept             []T // of its probabilities, by dropout
	row              []T // a row of a loss
}

func newDevice[T number](o Options, f functions[T]) *device[T] {
	if o.Open == nil {
		o.Open = new(atomic.Int32)
	}
	if o.Spare == nil {
		o.Spare = func(int64) bool { return true }
	}
	d := &device[T]{functions: f, float: o.Float, errs: make([]error, o.Workers), open: o.Open, spare: o.Spare, memory: o.Memory}
	for range o.Workers {
		d.workers = append(d.workers, &worker[T]{tile: make([]T, max(f.micro.mr*f.micro.nr, f.narrow.mr*f.narrow.nr))})
	}
	d.open.Add(1)
	return d
}

// Name gives device, kernel and float type: "cpu/avx512/f32".
func (d *device[T]) Name() string {
	return "cpu/" + d.functions.name + "/" + strings.ToLower(d.float.String())
}

// Float is the type of activations and weights.
func (d *device[T]) Float() kernel.DType { return d.float }

// Master is Float: nothing on the CPU is of lower precision.
func (d *device[T]) Master() kernel.DType { return d.float }

// Close leaves the processors to the other devices. It is called once.
func (d *device[T]) Close() error {
	d.open.Add(-1)
	return nil
}

// Sync returns the first failure since the last Sync.
func (d *device[T]) Sync() error {
	err := d.err
	d.err = nil
	return err
}

func (d *device[T]) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// parallel splits [0, n) into a range for each worker, whose bounds are
// multiples of unit so that what vector code leaves to its tail does not depend
// on the number of workers.
func (d *device[T]) parallel(n, unit int, f func(w *worker[T], lo, hi int)) {
	units := (n + unit - 1) / unit
	k := min(d.team(), units)
	if k <= 1 {
		if n > 0 {
			f(d.workers[0], 0, n)
		}
		return
	}
	var wait sync.WaitGroup
	wait.Add(k - 1)
	for i := 1; i < k; i++ {
		go func() {
			defer wait.Done()
			d.errs[i] = guard.Do("train: cpu kernel", func() error {
				f(d.workers[i], units*i/k*unit, min(n, units*(i+1)/k*unit))
				return nil
			})
		}()
	}
	defer d.collect(&wait, k) // also when f panics here: no goroutine may outlive the call
	f(d.workers[0], 0, units/k*unit)
}

func (d *device[T]) collect(wait *sync.WaitGroup, k int) {
	wait.Wait()
	for i := 1; i < k; i++ {
		if d.errs[i] != nil {
			d.fail(d.errs[i])
			d.errs[i] = nil
		}
	}
}

// grown returns a slice of n elements, s where it is large enough. The elements
// are arbitrary.
func grown[T number](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
