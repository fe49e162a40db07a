package cuda

import (
	"errors"
	"fmt"
	"math"

	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda/driver"
)

// buffer is device memory, or a part of it.
type buffer struct {
	at    driver.Pointer
	n     int
	dtype kernel.DType
}

func (b *buffer) Len() int            { return b.n }
func (b *buffer) DType() kernel.DType { return b.dtype }
func (b *buffer) bytes() int          { return b.n * b.dtype.Size() }
func (b *buffer) after(n int) *buffer {
	return &buffer{b.at + driver.Pointer(n*b.dtype.Size()), b.n - n, b.dtype}
}

// Slice is the part [lo, hi).
func (b *buffer) Slice(lo, hi int) kernel.Buffer {
	if lo < 0 || hi < lo || hi > b.n {
		panic("a slice outside its buffer")
	}
	part := b.after(lo)
	part.n = hi - lo
	return part
}

// of is a Buffer's address, 0 for nil.
func of(b kernel.Buffer) driver.Pointer {
	if b == nil {
		return 0
	}
	return b.(*buffer).at
}

// Alloc returns n zeroed elements: the backend's float type, F32 or I32.
func (d *device) Alloc(t kernel.DType, n int) (kernel.Buffer, error) {
	if n < 0 || t != d.float && t != kernel.F32 && t != kernel.I32 {
		return nil, fmt.Errorf("%s holds no buffers of %d %v", d.Name(), n, t)
	}
	if err := d.context.Enter(); err != nil {
		return nil, err
	}
	defer d.context.Leave()
	b := &buffer{n: n, dtype: t}
	var err error
	if b.at, err = d.context.Alloc(b.bytes()); err != nil {
		return nil, memoryError(err)
	}
	return b, d.stream.Zero(b.at, b.bytes())
}

// memoryError marks what comes of too little memory.
func memoryError(err error) error {
	var failed *driver.Error
	if errors.As(err, &failed) && failed.OutOfMemory() {
		return fmt.Errorf("%w: %w", kernel.ErrMemory, err)
	}
	return err
}

// Free gives the memory back after all work that was begun.
func (d *device) Free(b kernel.Buffer) {
	d.enter()
	defer d.context.Leave()
	d.fail("free", d.context.Free(of(b)))
}

// Fill sets all of y.
func (d *device) Fill(y kernel.Buffer, v float64) {
	d.enter()
	defer d.context.Leave()
	b := y.(*buffer)
	switch {
	case v == 0:
		d.fail("fill", d.stream.Zero(b.at, b.bytes()))
	case b.dtype == kernel.BF16:
		d.fail("fill", d.stream.Fill16(b.at, bf16Bits(float32(v)), b.n))
	default:
		d.fail("fill", d.stream.Fill32(b.at, float32(v), b.n))
	}
}

// bf16Bits rounds to nearest even.
func bf16Bits(v float32) uint16 {
	bits := math.Float32bits(v)
	if v != v {
		return uint16(bits>>16) | 0x40 // a NaN stays one
	}
	return uint16((bits + 0x7fff + bits>>16&1) >> 16)
}

// Copy copies all of x.
func (d *device) Copy(y, x kernel.Buffer) {
	d.enter()
	defer d.context.Leave()
	d.fail("copy", d.stream.Copy(of(y), of(x), x.(*buffer).bytes()))
}

// scratch is memory that kernels use between two launches.
type scratch struct {
	at    driver.Pointer
	bytes int
}

// scratchOf returns at least so many bytes. What was given out before stays, as a
// recording may hold its address.
func (d *device) scratchOf(bytes int) driver.Pointer {
	if n := len(d.kept); n > 0 && d.kept[n-1].bytes >= bytes {
		return d.kept[n-1].at
	}
	p, err := d.context.Alloc(bytes)
	if err != nil {
		d.fail("scratch memory", memoryError(err))
		return 0
	}
	d.kept = append(d.kept, scratch{p, bytes})
	return p
}

func (d *device) pointers() (all []driver.Pointer) {
	for _, s := range d.kept {
		all = append(all, s.at)
	}
	return all
}
