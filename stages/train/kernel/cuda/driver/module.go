package driver

import (
	"unsafe"
)

// Module is compiled kernels on the device.
type Module struct {
	x      *Context
	handle uintptr
}

// Load loads a cubin.
func (x *Context) Load(cubin []byte) (*Module, error) {
	m := &Module{x: x}
	return m, x.c.lib.call("cuModuleLoadData", uintptr(unsafe.Pointer(&m.handle)), uintptr(unsafe.Pointer(unsafe.SliceData(cubin))))
}

// Close gives the kernels back.
func (m *Module) Close() error { return m.x.c.lib.call("cuModuleUnload", m.handle) }

// Function is a kernel.
type Function uintptr

// Function returns the kernel of that name, which may use shared bytes of dynamic
// shared memory.
func (m *Module) Function(name string, shared int) (f Function, err error) {
	const (
		maxDynamicShared = 8        // CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
		always           = 48 << 10 // what every launch may have
	)
	text := append([]byte(name), 0)
	err = m.x.c.lib.call("cuModuleGetFunction", uintptr(unsafe.Pointer(&f)), m.handle, uintptr(unsafe.Pointer(&text[0])))
	if err == nil && shared > always {
		err = m.x.c.lib.call("cuFuncSetAttribute", uintptr(f), maxDynamicShared, uintptr(shared))
	}
	return f, err
}

// Shape is how many blocks of how many threads a kernel runs in.
type Shape struct {
	Grid, Block [3]int
	Shared      int // bytes of dynamic shared memory
}

// Launch begins a kernel. args are the addresses of its arguments, which are read
// before Launch returns.
func (s *Stream) Launch(f Function, shape Shape, args []unsafe.Pointer) error {
	g, b := shape.Grid, shape.Block
	r := invoke(s.x.c.launch, uintptr(f), uintptr(g[0]), uintptr(g[1]), uintptr(g[2]),
		uintptr(b[0]), uintptr(b[1]), uintptr(b[2]), uintptr(shape.Shared), s.handle, uintptr(unsafe.Pointer(unsafe.SliceData(args))), 0)
	return s.x.c.lib.check("cuLaunchKernel", int32(r))
}
