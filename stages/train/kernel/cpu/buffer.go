package cpu

import (
	"encoding/binary"
	"fmt"
	"math"
	"unsafe"

	"github.com/dustin/go-humanize"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// floats is a buffer of the backend's float type.
type floats[T number] struct {
	v      []T
	frozen *frozen[T]
}

func (f *floats[T]) Len() int { return len(f.v) }

func (f *floats[T]) DType() kernel.DType {
	if unsafe.Sizeof(T(0)) == 8 {
		return kernel.F64
	}
	return kernel.F32
}

func (f *floats[T]) Slice(lo, hi int) kernel.Buffer { return &floats[T]{v: f.v[lo:hi:hi]} }

// ints is a buffer of token ids, lengths or labels.
type ints struct{ v []int32 }

func (i *ints) Len() int                       { return len(i.v) }
func (i *ints) DType() kernel.DType            { return kernel.I32 }
func (i *ints) Slice(lo, hi int) kernel.Buffer { return &ints{i.v[lo:hi:hi]} }

// of returns the numbers of a buffer, nil for a nil buffer.
func (d *device[T]) of(b kernel.Buffer) []T {
	if b == nil {
		return nil
	}
	return b.(*floats[T]).v
}

func intsOf(b kernel.Buffer) []int32 { return b.(*ints).v }

// Alloc returns n zeroed elements: the backend's float type or I32.
func (d *device[T]) Alloc(t kernel.DType, n int) (kernel.Buffer, error) {
	switch {
	case n < 0:
		return nil, fmt.Errorf("a buffer of %d elements", n)
	case t != d.float && t != kernel.I32:
		return nil, fmt.Errorf("%s holds no buffers of %v", d.Name(), t)
	}
	if err := d.hold(n, t.Size()); err != nil {
		return nil, err
	}
	if t == kernel.I32 {
		return &ints{make([]int32, n)}, nil
	}
	return &floats[T]{v: make([]T, n)}, nil
}

// hold counts a buffer, and refuses one that there is no memory for: make would end the
// process.
func (d *device[T]) hold(n, size int) error {
	if d.memory > 0 && int64(n) > (d.memory-d.held)/int64(size) {
		return fmt.Errorf("%w: %d elements of %d bytes are asked for beside %s in use, and there are %s in all; take smaller settings, or a machine with more",
			kernel.ErrMemory, n, size, humanize.IBytes(uint64(d.held)), humanize.IBytes(uint64(d.memory)))
	}
	d.held += int64(n) * int64(size)
	return nil
}

// Free leaves the memory to the garbage collector.
func (d *device[T]) Free(b kernel.Buffer) {
	if b != nil {
		d.held -= int64(b.Len()) * int64(b.DType().Size())
	}
}

// Upload converts src to dst's type.
func (d *device[T]) Upload(dst kernel.Buffer, src kernel.Host) error {
	if dst.Len() != src.Len() {
		return fmt.Errorf("upload of %d elements into %d", src.Len(), dst.Len())
	}
	if i, ok := dst.(*ints); ok {
		return uploadInts(i.v, src)
	}
	f := dst.(*floats[T])
	if f.frozen != nil {
		f.frozen.forget()
	}
	switch {
	case src.DType == d.float:
		copy(memory(f.v), src.Bytes) // the hosts Go's assembly is for are little-endian
	case src.DType == kernel.I32:
		return fmt.Errorf("upload of I32 into floats")
	default:
		const unit = 1 << 12
		d.parallel(len(f.v), unit, func(_ *worker[T], lo, hi int) { widen(f.v[lo:hi], src, lo) })
		return d.Sync()
	}
	return nil
}

// widen converts src from its element first on. What type src has is asked once:
// a model has billions of elements.
func widen[T number](dst []T, src kernel.Host, first int) {
	from := src.Bytes[first*src.DType.Size():]
	switch src.DType {
	case kernel.F16:
		for i := range dst {
			dst[i] = T(kernel.Half(binary.LittleEndian.Uint16(from[2*i:])))
		}
	case kernel.BF16: // the upper half of a float32
		for i := range dst {
			dst[i] = T(math.Float32frombits(uint32(binary.LittleEndian.Uint16(from[2*i:])) << 16))
		}
	default:
		for i := range dst {
			dst[i] = T(src.Float(first + i))
		}
	}
}

func uploadInts(dst []int32, src kernel.Host) error {
	if src.DType != kernel.I32 {
		return fmt.Errorf("upload of %v into I32", src.DType)
	}
	for i := range dst {
		dst[i] = int32(binary.LittleEndian.Uint32(src.Bytes[4*i:]))
	}
	return nil
}

// memory is the bytes of v.
func memory[T number](v []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), len(v)*int(unsafe.Sizeof(T(0))))
}

// Download converts src to dst's type.
func (d *device[T]) Download(dst kernel.Host, src kernel.Buffer) error {
	if err := d.Sync(); err != nil {
		return err
	}
	if dst.Len() != src.Len() {
		return fmt.Errorf("download of %d elements into %d", src.Len(), dst.Len())
	}
	f, ok := src.(*floats[T])
	switch {
	case ok && dst.DType == d.float:
		copy(dst.Bytes, memory(f.v))
	case ok && (dst.DType == kernel.F64 || dst.DType == kernel.F32):
		for i, v := range f.v {
			dst.SetFloat(i, float64(v))
		}
	default:
		return fmt.Errorf("download of %v into %v", src.DType(), dst.DType)
	}
	return nil
}
