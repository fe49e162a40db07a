package cuda

import (
	"errors"
	"fmt"

	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda/driver"
)

// New opens a GPU. The error says what is missing and where it was looked for.
func New(o Options) (kernel.Backend, error) {
	if o.Float != kernel.BF16 && o.Float != kernel.F32 {
		return nil, fmt.Errorf("a GPU computes in BF16 or F32, not in %v", o.Float)
	}
	c, gpu, err := find(o.Device)
	if err != nil {
		return nil, err
	}
	newest, _, err := c.Version()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", gpu.Name, err)
	}
	d := &device{float: o.Float, tune: o.Tune, gpu: gpu, newest: newest, prepared: map[product]*driver.Product{}, functions: map[string]driver.Function{}}
	if d.context, err = c.Open(gpu); err != nil {
		return nil, fmt.Errorf("%s: %w", gpu.Name, err)
	}
	if err := d.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", gpu.Name, err), d.Close())
	}
	return d, nil
}

// find opens the driver and looks at a GPU.
func find(number int) (*driver.CUDA, driver.Device, error) {
	c, err := driver.OpenCUDA()
	var failed *driver.Error
	if errors.Is(err, driver.ErrNotFound) || errors.As(err, &failed) && failed.NoDevice() {
		return nil, driver.Device{}, fmt.Errorf("%w: %w", ErrAbsent, err)
	}
	if err != nil {
		return nil, driver.Device{}, fmt.Errorf("NVIDIA's driver: %w", err)
	}
	gpu, err := c.Device(number)
	if err == nil && gpu.Major < 8 {
		err = fmt.Errorf("%s is %s; compute capability 8.0 or newer is needed for bf16", gpu.Name, gpu.Architecture)
	}
	return c, gpu, err
}

func (d *device) open() (err error) {
	if err := d.context.Enter(); err != nil {
		return err
	}
	defer d.context.Leave()
	if d.stream, err = d.context.NewStream(); err != nil {
		return err
	}
	if d.products, err = driver.OpenProducts(d.newest); err != nil {
		return err
	}
	if err := d.load(); err != nil {
		return err
	}
	return d.reserve()
}

// reserve takes the memory that every run needs.
func (d *device) reserve() (err error) {
	if d.staging, err = newStaging(d.context, d.stream); err != nil {
		return err
	}
	if d.failed, err = d.context.AllocHost(failureBytes); err != nil {
		return err
	}
	for _, m := range []struct {
		into  *driver.Pointer
		bytes int
	}{{&d.workspace, workspaceBytes}, {&d.partial, partials * 8}, {&d.failure, failureBytes}} {
		if *m.into, err = d.context.Alloc(m.bytes); err != nil {
			return err
		}
	}
	return d.stream.Zero(d.failure, failureBytes)
}

// Close gives everything back but the buffers, which their owner frees. It returns the
// first failure: a lost device fails at every call.
func (d *device) Close() error {
	err := d.context.Enter()
	defer d.context.Leave()
	also := func(e error) {
		if err == nil {
			err = e
		}
	}
	for _, p := range d.prepared {
		also(p.Close())
	}
	for _, m := range d.modules {
		also(m.Close())
	}
	for _, p := range append(d.pointers(), d.workspace, d.partial, d.failure) {
		if p != 0 {
			also(d.context.Free(p))
		}
	}
	if d.failed != nil {
		also(d.context.FreeHost(d.failed))
	}
	if d.staging != nil {
		also(d.staging.close())
	}
	if d.products != nil {
		also(d.products.Close())
	}
	if d.stream != nil {
		also(d.stream.Close())
	}
	also(d.context.Close())
	return err
}
