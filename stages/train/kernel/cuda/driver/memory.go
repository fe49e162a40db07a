package driver

import (
	"math"
	"unsafe"
)

// Pointer is an address in device memory.
type Pointer uintptr

// Alloc takes device memory, of arbitrary contents.
func (x *Context) Alloc(bytes int) (p Pointer, err error) {
	err = x.c.lib.call("cuMemAlloc_v2", uintptr(unsafe.Pointer(&p)), uintptr(max(bytes, 1)))
	return p, err
}

// Free gives device memory back, after all work that was begun.
func (x *Context) Free(p Pointer) error { return x.c.lib.call("cuMemFree_v2", uintptr(p)) }

// AllocHost takes page-locked host memory, which the device copies by itself.
func (x *Context) AllocHost(bytes int) ([]byte, error) {
	var p unsafe.Pointer
	if err := x.c.lib.call("cuMemHostAlloc", uintptr(unsafe.Pointer(&p)), uintptr(bytes), 0); err != nil {
		return nil, err
	}
	return unsafe.Slice((*byte)(p), bytes), nil
}

// FreeHost gives it back.
func (x *Context) FreeHost(b []byte) error {
	return x.c.lib.call("cuMemFreeHost", uintptr(unsafe.Pointer(unsafe.SliceData(b))))
}

// A driver's answer where there is nothing to copy or to set is not documented: it is not
// asked.

// Upload begins to copy page-locked host memory.
func (s *Stream) Upload(to Pointer, from []byte) error {
	if len(from) == 0 {
		return nil
	}
	return s.x.c.lib.call("cuMemcpyHtoDAsync_v2", uintptr(to), uintptr(unsafe.Pointer(unsafe.SliceData(from))), uintptr(len(from)), s.handle)
}

// Download begins to copy into page-locked host memory.
func (s *Stream) Download(to []byte, from Pointer) error {
	if len(to) == 0 {
		return nil
	}
	return s.x.c.lib.call("cuMemcpyDtoHAsync_v2", uintptr(unsafe.Pointer(unsafe.SliceData(to))), uintptr(from), uintptr(len(to)), s.handle)
}

// Copy begins to copy within the device.
func (s *Stream) Copy(to, from Pointer, bytes int) error {
	if bytes == 0 {
		return nil
	}
	return s.x.c.lib.call("cuMemcpyDtoDAsync_v2", uintptr(to), uintptr(from), uintptr(bytes), s.handle)
}

// Zero begins to set n bytes to 0.
func (s *Stream) Zero(p Pointer, n int) error {
	if n == 0 {
		return nil
	}
	return s.x.c.lib.call("cuMemsetD8Async", uintptr(p), 0, uintptr(n), s.handle)
}

// Fill16 begins to set n words of 16 bits, Fill32 n float32.
func (s *Stream) Fill16(p Pointer, word uint16, n int) error {
	if n == 0 {
		return nil
	}
	return s.x.c.lib.call("cuMemsetD16Async", uintptr(p), uintptr(word), uintptr(n), s.handle)
}

// Fill32 begins to set n float32.
func (s *Stream) Fill32(p Pointer, v float32, n int) error {
	if n == 0 {
		return nil
	}
	return s.x.c.lib.call("cuMemsetD32Async", uintptr(p), uintptr(math.Float32bits(v)), uintptr(n), s.handle)
}
