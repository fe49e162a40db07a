package driver

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"unsafe"
)

var nvrtcFunctions = []string{
	"nvrtcVersion", "nvrtcCreateProgram", "nvrtcCompileProgram", "nvrtcDestroyProgram", "nvrtcGetErrorString",
	"nvrtcGetCUBINSize", "nvrtcGetCUBIN", "nvrtcGetProgramLogSize", "nvrtcGetProgramLog",
}

// Compiler is libnvrtc, which compiles CUDA C++. It needs no GPU.
type Compiler struct{ lib *library }

// OpenCompiler finds the compiler, of a version whose kernels run on newest, the driver's
// major version of CUDA.
func OpenCompiler(newest int) (*Compiler, error) {
	preload("libnvrtc-builtins.so.1[0-9]*")
	lib, err := open(versions("libnvrtc.so", newest), nvrtcFunctions, "install CUDA, or the Python wheel nvidia-cuda-nvrtc")
	if err != nil {
		return nil, err
	}
	lib.explain = func(code int) string {
		text := invoke(lib.symbols["nvrtcGetErrorString"], uintptr(code))
		return cString(*(**byte)(unsafe.Pointer(&text)))
	}
	return &Compiler{lib}, nil
}

// preload opens libraries that another asks the loader for by a name alone, which
// finds what is open already: the wheels lie in no folder that the loader knows.
func preload(pattern string) {
	for _, folder := range folders() {
		for _, file := range existing(filepath.Join(folder, pattern)) {
			_, _ = dlopen(file) // what is missing in the end fails the compiler with its own words
		}
	}
}

// Version is the compiler's: "13.0".
func (c *Compiler) Version() (string, error) {
	var major, minor int32
	err := c.lib.call("nvrtcVersion", uintptr(unsafe.Pointer(&major)), uintptr(unsafe.Pointer(&minor)))
	return fmt.Sprintf("%d.%d", major, minor), err
}

// Source is a file in CUDA C++ and the headers it may include, by name.
type Source struct {
	Name, Text string
	Headers    map[string]string
}

// Compile returns the cubin of a source, and the compiler's own words in the error.
func (c *Compiler) Compile(s Source, options ...string) ([]byte, error) {
	var pins runtime.Pinner
	defer pins.Unpin()
	var names, texts []*byte
	for name, text := range s.Headers {
		names, texts = append(names, pinned(&pins, name)), append(texts, pinned(&pins, text))
	}
	var program uintptr
	err := c.lib.call("nvrtcCreateProgram", uintptr(unsafe.Pointer(&program)), uintptr(unsafe.Pointer(pinned(&pins, s.Text))),
		uintptr(unsafe.Pointer(pinned(&pins, s.Name))), uintptr(len(names)),
		uintptr(unsafe.Pointer(unsafe.SliceData(texts))), uintptr(unsafe.Pointer(unsafe.SliceData(names))))
	if err != nil {
		return nil, err
	}
	defer c.lib.call("nvrtcDestroyProgram", uintptr(unsafe.Pointer(&program)))
	return c.compile(program, s.Name, options)
}

func (c *Compiler) compile(program uintptr, name string, options []string) ([]byte, error) {
	var pins runtime.Pinner
	defer pins.Unpin()
	list := make([]*byte, len(options))
	for i, o := range options {
		list[i] = pinned(&pins, o)
	}
	if err := c.lib.call("nvrtcCompileProgram", program, uintptr(len(list)), uintptr(unsafe.Pointer(unsafe.SliceData(list)))); err != nil {
		log, _ := c.read("nvrtcGetProgramLog", program) // a log that cannot be read leaves the error as it is
		return nil, fmt.Errorf("compile %s with %s: %w\n%s", name, strings.Join(options, " "), err, log)
	}
	return c.read("nvrtcGetCUBIN", program)
}

// read calls a pair of functions that give the size of something, and it.
func (c *Compiler) read(function string, program uintptr) ([]byte, error) {
	var size uintptr
	if err := c.lib.call(function+"Size", program, uintptr(unsafe.Pointer(&size))); err != nil {
		return nil, err
	}
	text := make([]byte, size+1) // never empty
	err := c.lib.call(function, program, uintptr(unsafe.Pointer(unsafe.SliceData(text))))
	return text[:size], err
}

// pinned is a C string that stays where it is: C is given lists of its address.
func pinned(pins *runtime.Pinner, text string) *byte {
	b := append([]byte(text), 0)
	pins.Pin(&b[0])
	return &b[0]
}
