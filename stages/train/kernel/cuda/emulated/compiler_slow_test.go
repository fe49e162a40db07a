//go:build slow && linux

package emulated

import (
	"strings"
	"testing"
	"unsafe"
)

func TestSlowCompiler(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct {
		name, source string
		options      []string
		result       int32
		log          string
	}{
		{"a mistake", `extern "C" __global__ void run(float* y) { *y = z; }`, nil, 6, "test.cu:2"},
		{"what only math.h defines", `extern "C" __global__ void run(float* y) { *y = INFINITY; }`, nil, 6, "INFINITY"},
		{"an unknown option", "", []string{"-O7"}, 5, "-O7"},
		{"options", `extern "C" __global__ void run(float* y) { *y = A + B; }`, []string{"-DA=1", "--define-macro=B=2", "--std=c++17"}, 0, ""},
		{"kernels made by a macro", "#define K(n) extern \"C\" __global__ void n(real* y) { put(*y, 1); }\nK(a) K(b)", nil, 0, ""},
	} {
		for _, number := range []string{"float", "bf16"} {
			result, _, log := r.compile(c.source, append(c.options, "-DREAL="+number)...)
			if result != c.result || !strings.Contains(log, c.log) {
				t.Errorf("%s: %d: %s", c.name, result, log)
			}
		}
	}
}

func TestSlowModules(t *testing.T) {
	r := newRig(t)
	var module, function uintptr
	wrong := make([]byte, 64)
	r.want(200, r.cuModuleLoadData(&module, unsafe.Pointer(&wrong[0])))
	_, image, _ := r.compile(double, "-DREAL=float")
	r.want(0, r.cuModuleLoadData(&module, unsafe.Pointer(&image[0])))
	r.want(500, r.cuModuleGetFunction(&function, module, "walk"))
	r.want(0, r.cuModuleGetFunction(&function, module, "run"))
	r.want(1, r.launch(function, 1, 2048, 0, uint64(0), int32(0), int32(0)))
	r.want(0, r.cuModuleUnload(module))
	r.want(400, r.launch(function, 1, 32, 0, uint64(0), int32(0), int32(0)))
	r.want(400, r.cuModuleUnload(module))
}
