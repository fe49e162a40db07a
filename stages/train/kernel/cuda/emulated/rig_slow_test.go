//go:build slow && linux

package emulated

import (
	"path/filepath"
	"runtime"
	"testing"
	"unsafe"

	"github.com/ebitengine/purego"
)

// rig drives the libraries as a backend does. Its functions return the libraries'
// results.
type rig struct {
	t      *testing.T
	d      *Device
	stream uintptr

	cuInit                      func(flags uint32) int32
	cuDevicePrimaryCtxRetain    func(to *uintptr, device int32) int32
	cuDevicePrimaryCtxRelease   func(device int32) int32
	cuCtxSetCurrent             func(context uintptr) int32
	cuMemGetInfo                func(left, whole *uint64) int32
	cuMemAlloc                  func(to *uint64, bytes uint64) int32
	cuMemFree                   func(at uint64) int32
	cuMemcpyHtoDAsync           func(to uint64, from unsafe.Pointer, bytes uint64, stream uintptr) int32
	cuMemcpyDtoHAsync           func(to unsafe.Pointer, from, bytes uint64, stream uintptr) int32
	cuMemsetD32Async            func(to uint64, value uint32, count uint64, stream uintptr) int32
	cuStreamCreate              func(to *uintptr, flags uint32) int32
	cuStreamDestroy             func(stream uintptr) int32
	cuStreamSynchronize         func(stream uintptr) int32
	cuStreamBeginCapture        func(stream uintptr, mode int32) int32
	cuStreamEndCapture          func(stream uintptr, to *uintptr) int32
	cuGraphInstantiateWithFlags func(to *uintptr, graph uintptr, flags uint64) int32
	cuGraphLaunch               func(graph, stream uintptr) int32
	cuGraphDestroy              func(graph uintptr) int32
	cuGraphExecDestroy          func(graph uintptr) int32
	cuEventCreate               func(to *uintptr, flags uint32) int32
	cuEventDestroy              func(event uintptr) int32
	cuEventRecord               func(event, stream uintptr) int32
	cuEventQuery                func(event uintptr) int32
	cuEventSynchronize          func(event uintptr) int32
	cuEventElapsedTime          func(to *float32, from, until uintptr) int32
	cuModuleLoadData            func(to *uintptr, image unsafe.Pointer) int32
	cuModuleGetFunction         func(to *uintptr, module uintptr, name string) int32
	cuModuleUnload              func(module uintptr) int32
	cuFuncSetAttribute          func(function uintptr, attribute, value int32) int32
	cuLaunchKernel              func(function uintptr, gx, gy, gz, bx, by, bz, shared uint32, stream uintptr, arguments, extra unsafe.Pointer) int32

	nvrtcCreateProgram     func(to *uintptr, source, name string, count int32, headers, names unsafe.Pointer) int32
	nvrtcCompileProgram    func(program uintptr, count int32, options unsafe.Pointer) int32
	nvrtcDestroyProgram    func(program *uintptr) int32
	nvrtcGetCUBINSize      func(program uintptr, to *uint64) int32
	nvrtcGetCUBIN          func(program uintptr, to *byte) int32
	nvrtcGetProgramLogSize func(program uintptr, to *uint64) int32
	nvrtcGetProgramLog     func(program uintptr, to *byte) int32

	lt
}

// newRig returns a rig whose thread has the context, and a stream.
func newRig(t *testing.T) *rig {
	r := &rig{t: t, d: Build(t)}
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	for i, functions := range []map[string]any{r.driver(), r.compiler(), r.lt.functions()} {
		library, err := purego.Dlopen(filepath.Join(r.d.folder, names[i]), purego.RTLD_NOW|purego.RTLD_LOCAL)
		if err != nil {
			t.Fatal(err)
		}
		for name, f := range functions {
			purego.RegisterLibFunc(f, library, name)
		}
	}
	var context uintptr
	r.want(0, r.cuInit(0))
	r.want(0, r.cuDevicePrimaryCtxRetain(&context, 0))
	r.want(0, r.cuCtxSetCurrent(context))
	r.want(0, r.cuStreamCreate(&r.stream, 1))
	t.Cleanup(func() {
		r.cuStreamDestroy(r.stream)
		r.cuDevicePrimaryCtxRelease(0)
		r.cuCtxSetCurrent(0)
	})
	return r
}

func (r *rig) driver() map[string]any {
	return map[string]any{
		"cuInit": &r.cuInit, "cuDevicePrimaryCtxRetain": &r.cuDevicePrimaryCtxRetain,
		"cuDevicePrimaryCtxRelease_v2": &r.cuDevicePrimaryCtxRelease, "cuCtxSetCurrent": &r.cuCtxSetCurrent,
		"cuMemGetInfo_v2": &r.cuMemGetInfo, "cuMemAlloc_v2": &r.cuMemAlloc, "cuMemFree_v2": &r.cuMemFree,
		"cuMemcpyHtoDAsync_v2": &r.cuMemcpyHtoDAsync, "cuMemcpyDtoHAsync_v2": &r.cuMemcpyDtoHAsync,
		"cuMemsetD32Async": &r.cuMemsetD32Async, "cuStreamCreate": &r.cuStreamCreate, "cuStreamDestroy_v2": &r.cuStreamDestroy,
		"cuStreamSynchronize": &r.cuStreamSynchronize, "cuStreamBeginCapture_v2": &r.cuStreamBeginCapture,
		"cuStreamEndCapture": &r.cuStreamEndCapture, "cuGraphInstantiateWithFlags": &r.cuGraphInstantiateWithFlags,
		"cuGraphLaunch": &r.cuGraphLaunch, "cuGraphDestroy": &r.cuGraphDestroy, "cuGraphExecDestroy": &r.cuGraphExecDestroy,
		"cuEventCreate": &r.cuEventCreate, "cuEventDestroy_v2": &r.cuEventDestroy, "cuEventRecord": &r.cuEventRecord,
		"cuEventQuery": &r.cuEventQuery, "cuEventSynchronize": &r.cuEventSynchronize, "cuEventElapsedTime": &r.cuEventElapsedTime,
		"cuModuleLoadData": &r.cuModuleLoadData, "cuModuleGetFunction": &r.cuModuleGetFunction, "cuModuleUnload": &r.cuModuleUnload,
		"cuFuncSetAttribute": &r.cuFuncSetAttribute, "cuLaunchKernel": &r.cuLaunchKernel,
	}
}

func (r *rig) compiler() map[string]any {
	return map[string]any{
		"nvrtcCreateProgram": &r.nvrtcCreateProgram, "nvrtcCompileProgram": &r.nvrtcCompileProgram,
		"nvrtcDestroyProgram": &r.nvrtcDestroyProgram, "nvrtcGetCUBINSize": &r.nvrtcGetCUBINSize, "nvrtcGetCUBIN": &r.nvrtcGetCUBIN,
		"nvrtcGetProgramLogSize": &r.nvrtcGetProgramLogSize, "nvrtcGetProgramLog": &r.nvrtcGetProgramLog,
	}
}

func (r *rig) want(want, got int32) {
	r.t.Helper()
	if got != want {
		r.t.Fatalf("the result is %d, not %d", got, want)
	}
}

func (r *rig) wait() {
	r.t.Helper()
	r.want(0, r.cuStreamSynchronize(r.stream))
}
