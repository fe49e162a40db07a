//go:build slow && linux

package emulated

import (
	"os"
	"strings"
	"unsafe"
)

// cStrings makes C's array of strings.
func cStrings(s []string) unsafe.Pointer {
	all := make([]*byte, len(s)+1)
	for i, one := range s {
		all[i] = unsafe.StringData(one + "\x00")
	}
	return unsafe.Pointer(&all[0])
}

// compile returns the result, the image and the log of a source that includes
// the kernels' common header.
func (r *rig) compile(source string, options ...string) (result int32, image []byte, log string) {
	r.t.Helper()
	header, err := os.ReadFile("../source/device.cuh")
	if err != nil {
		r.t.Fatal(err)
	}
	var program uintptr
	headers, included := []string{string(header), "no part of the program"}, []string{"device.cuh", "intrinsics.cuh"}
	r.want(0, r.nvrtcCreateProgram(&program, "#include \"device.cuh\"\n"+source, "test.cu", 2, cStrings(headers), cStrings(included)))
	result = r.nvrtcCompileProgram(program, int32(len(options)), cStrings(options))
	var n uint64
	r.want(0, r.nvrtcGetProgramLogSize(program, &n))
	said := make([]byte, n)
	r.want(0, r.nvrtcGetProgramLog(program, &said[0]))
	if result == 0 {
		r.want(0, r.nvrtcGetCUBINSize(program, &n))
		image = make([]byte, n)
		r.want(0, r.nvrtcGetCUBIN(program, &image[0]))
	}
	r.want(0, r.nvrtcDestroyProgram(&program))
	return result, image, strings.TrimRight(string(said), "\x00")
}

// kernel compiles a source for float and returns its kernel of the name "run".
func (r *rig) kernel(source string) uintptr {
	r.t.Helper()
	result, image, log := r.compile(source, "--gpu-architecture=sm_90", "-DREAL=float")
	if result != 0 {
		r.t.Fatalf("%d: %s", result, log)
	}
	var module, function uintptr
	r.want(0, r.cuModuleLoadData(&module, unsafe.Pointer(&image[0])))
	r.t.Cleanup(func() { r.cuModuleUnload(module) })
	r.want(0, r.cuModuleGetFunction(&function, module, "run"))
	return function
}

// launch launches blocks of threads with shared bytes of dynamic memory.
func (r *rig) launch(function uintptr, blocks, threads, shared int, arguments ...any) int32 {
	all := make([]unsafe.Pointer, len(arguments)+1)
	for i, a := range arguments {
		switch a := a.(type) {
		case uint64:
			all[i] = unsafe.Pointer(&a)
		case int32:
			all[i] = unsafe.Pointer(&a)
		case float32:
			all[i] = unsafe.Pointer(&a)
		default:
			r.t.Fatalf("an argument of type %T", a)
		}
	}
	return r.cuLaunchKernel(function, uint32(blocks), 1, 1, uint32(threads), 1, 1, uint32(shared), r.stream, unsafe.Pointer(&all[0]), nil)
}

func bytesOf[T any](v []T) uint64 { return uint64(len(v)) * uint64(unsafe.Sizeof(v[0])) }

// upload returns device memory with the numbers.
func upload[T any](r *rig, v []T) uint64 {
	r.t.Helper()
	var at uint64
	r.want(0, r.cuMemAlloc(&at, bytesOf(v)))
	r.t.Cleanup(func() { r.cuMemFree(at) })
	r.want(0, r.cuMemcpyHtoDAsync(at, unsafe.Pointer(&v[0]), bytesOf(v), r.stream))
	r.wait()
	return at
}

func download[T any](r *rig, at uint64, n int) []T {
	r.t.Helper()
	v := make([]T, n)
	r.want(0, r.cuMemcpyDtoHAsync(unsafe.Pointer(&v[0]), at, bytesOf(v), r.stream))
	r.wait()
	return v
}
