package cuda

import (
	"errors"
	"fmt"
	"strings"

	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda/driver"
)

// ErrAbsent is wrapped by New on a machine without a GPU or without its driver.
var ErrAbsent = errors.New("there is no GPU here")

// workspaceBytes is what cuBLAS may use beside the matrices: NVIDIA's advice for
// Hopper (cuBLAS documentation, section cublasSetWorkspace).
const workspaceBytes = 32 << 20

// Options of a backend.
type Options struct {
	Device int          // number of the GPU, from 0
	Float  kernel.DType // BF16 or F32
	// Tune times cuBLAS' algorithms for every product and takes the fastest. Another
	// run may then take others, whose bytes differ: it is for measuring what the
	// library's own choice leaves.
	Tune bool
}

// device implements kernel.Backend, Recorder, Limited, Tracer, Card and Randomizer.
type device struct {
	float     kernel.DType
	tune      bool
	gpu       driver.Device
	newest    int // major version of CUDA that the driver runs
	context   *driver.Context
	stream    *driver.Stream
	products  *driver.Products
	modules   []*driver.Module
	functions map[string]driver.Function
	prepared  map[product]*driver.Product
	workspace driver.Pointer // of cuBLAS

	kept     []scratch      // memory of kernels, the largest last
	partial  driver.Pointer // sums of a gradient norm
	failure  driver.Pointer // set by a lookup outside its table
	failed   []byte         // the same, page-locked
	staging  *staging
	launcher launcher
	op       string // that the next kernels belong to
	err      error  // the first failure since the last Sync
	plain    bool   // a run could not be recorded: none is tried again
}

// Name gives device, architecture, version of cuBLAS and float type:
// "cuda/sm_90/cublas13.1/bf16".
func (d *device) Name() string {
	return strings.ToLower(fmt.Sprintf("cuda/%s/cublas%s/%v", d.gpu.Architecture, d.products.Version(), d.float))
}

// Float is the type of activations and weights.
func (d *device) Float() kernel.DType { return d.float }

// Master is F32.
func (d *device) Master() kernel.DType { return kernel.F32 }

// Memory is the GPU's.
func (d *device) Memory() (free, total int64, err error) {
	if err := d.context.Enter(); err != nil {
		return 0, 0, err
	}
	defer d.context.Leave()
	return d.context.Memory()
}

// Op names what the next kernels belong to.
func (d *device) Op(name string) { d.op = name }

// ChunkRows is as many rows as 256 MiB of bf16 hold, in whole tiles of a product.
func (d *device) ChunkRows(cols int) int {
	const elements, tile = 128 << 20, 128
	return max(tile, elements/cols/tile*tile)
}

// Freeze does nothing: cuBLAS reads a matrix as it lies.
func (d *device) Freeze(kernel.Buffer, int, int) {}
