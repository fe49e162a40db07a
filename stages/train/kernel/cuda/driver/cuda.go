package driver

import (
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"unsafe"
)

// The functions of libcuda, under the names that CUDA 12 and 13 both export.
var cudaFunctions = []string{
	"cuInit", "cuDriverGetVersion", "cuGetErrorName", "cuGetErrorString",
	"cuDeviceGetCount", "cuDeviceGet", "cuDeviceGetName", "cuDeviceGetAttribute", "cuDeviceGetPCIBusId",
	"cuDevicePrimaryCtxRetain", "cuDevicePrimaryCtxRelease_v2", "cuCtxSetCurrent", "cuMemGetInfo_v2",
	"cuMemAlloc_v2", "cuMemFree_v2", "cuMemHostAlloc", "cuMemFreeHost",
	"cuMemcpyHtoDAsync_v2", "cuMemcpyDtoHAsync_v2", "cuMemcpyDtoDAsync_v2",
	"cuMemsetD8Async", "cuMemsetD16Async", "cuMemsetD32Async",
	"cuStreamCreate", "cuStreamDestroy_v2", "cuStreamSynchronize", "cuStreamBeginCapture_v2", "cuStreamEndCapture",
	"cuGraphInstantiateWithFlags", "cuGraphLaunch", "cuGraphExecDestroy", "cuGraphDestroy",
	"cuEventCreate", "cuEventDestroy_v2", "cuEventRecord", "cuEventSynchronize", "cuEventElapsedTime",
	"cuModuleLoadData", "cuModuleUnload", "cuModuleGetFunction", "cuFuncSetAttribute", "cuLaunchKernel",
}

// CUDA is libcuda, NVIDIA's driver.
type CUDA struct {
	lib    *library
	launch uintptr // cuLaunchKernel
}

// OpenCUDA finds and initialises the driver. Without one the error is ErrNotFound;
// without a GPU it is an Error of which NoDevice holds.
func OpenCUDA() (*CUDA, error) {
	lib, err := open([]string{"libcuda.so.1", "libcuda.so"}, cudaFunctions, "install NVIDIA's driver")
	if err != nil {
		return nil, err
	}
	c := &CUDA{lib, lib.symbols["cuLaunchKernel"]}
	lib.explain = c.explain
	return c, lib.call("cuInit", 0)
}

// explain is the name and meaning of an error code.
func (c *CUDA) explain(code int) string {
	name, text := c.words("cuGetErrorName", code), c.words("cuGetErrorString", code)
	if name == "" {
		return "an unknown error"
	}
	return name + ", " + text
}

func (c *CUDA) words(function string, code int) string {
	var text *byte
	if c.lib.call(function, uintptr(code), uintptr(unsafe.Pointer(&text))) != nil || text == nil {
		return ""
	}
	return cString(text)
}

// cString copies a C string.
func cString(text *byte) string {
	n := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(text), n)) != 0 {
		n++
	}
	return string(unsafe.Slice(text, n))
}

// Version is the newest CUDA the driver runs: 13, 0.
func (c *CUDA) Version() (major, minor int, err error) {
	var v int32
	err = c.lib.call("cuDriverGetVersion", uintptr(unsafe.Pointer(&v)))
	return int(v / 1000), int(v % 1000 / 10), err
}

// Device is one GPU.
type Device struct {
	Name         string
	Bus          string // its place on PCI, "0000:01:00.0"
	Architecture string // "sm_90"
	Major        int    // of the compute capability
	Processors   int    // streaming multiprocessors
	Shared       int    // bytes of shared memory that a block may ask for
	handle       uintptr
}

// Device returns GPU number n.
func (c *CUDA) Device(n int) (d Device, err error) {
	var count, handle int32
	if err := c.lib.call("cuDeviceGetCount", uintptr(unsafe.Pointer(&count))); err != nil {
		return d, err
	}
	if n < 0 || n >= int(count) {
		return d, fmt.Errorf("there is no GPU %d: the driver sees %d", n, count)
	}
	var name, bus [256]byte
	major, errMajor := int32(0), c.lib.call("cuDeviceGet", uintptr(unsafe.Pointer(&handle)), uintptr(n))
	d.handle = uintptr(handle)
	errName := c.lib.call("cuDeviceGetName", uintptr(unsafe.Pointer(&name)), uintptr(len(name)), d.handle)
	errBus := c.lib.call("cuDeviceGetPCIBusId", uintptr(unsafe.Pointer(&bus)), uintptr(len(bus)), d.handle)
	var minor, processors, shared int32
	err = errors.Join(errMajor, errName, errBus, c.attribute(&major, 75, d), c.attribute(&minor, 76, d), c.attribute(&processors, 16, d), c.attribute(&shared, 97, d))
	d.Name, d.Bus, d.Architecture = cString(&name[0]), cString(&bus[0]), "sm_"+strconv.Itoa(int(major*10+minor))
	d.Major, d.Processors, d.Shared = int(major), int(processors), int(shared)
	return d, err
}

// attribute reads a CU_DEVICE_ATTRIBUTE.
func (c *CUDA) attribute(into *int32, attribute uintptr, d Device) error {
	return c.lib.call("cuDeviceGetAttribute", uintptr(unsafe.Pointer(into)), attribute, d.handle)
}

// Context is a device in use by this process.
type Context struct {
	c      *CUDA
	device Device
	handle uintptr
}

// Open takes the device's primary context.
func (c *CUDA) Open(d Device) (*Context, error) {
	x := &Context{c: c, device: d}
	return x, c.lib.call("cuDevicePrimaryCtxRetain", uintptr(unsafe.Pointer(&x.handle)), d.handle)
}

// Close gives the context back.
func (x *Context) Close() error { return x.c.lib.call("cuDevicePrimaryCtxRelease_v2", x.device.handle) }

// Enter makes the context current on the calling thread and keeps the goroutine on
// it until Leave: a goroutine may otherwise move to a thread that has no context.
func (x *Context) Enter() error {
	runtime.LockOSThread()
	return x.c.lib.call("cuCtxSetCurrent", x.handle)
}

// Leave ends what Enter began.
func (x *Context) Leave() { runtime.UnlockOSThread() }

// Memory is what is free of the device's memory, and all of it, in bytes.
func (x *Context) Memory() (free, total int64, err error) {
	err = x.c.lib.call("cuMemGetInfo_v2", uintptr(unsafe.Pointer(&free)), uintptr(unsafe.Pointer(&total)))
	return free, total, err
}
