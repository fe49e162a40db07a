//go:build (darwin || freebsd || linux || netbsd) && !static

package driver

import "github.com/ebitengine/purego"

// dlopen loads a library; what it brings is seen by libraries that are loaded later,
// as NVRTC looks for its built-in functions by name.
func dlopen(file string) (uintptr, error) {
	return purego.Dlopen(file, purego.RTLD_NOW|purego.RTLD_GLOBAL)
}

func dlsym(handle uintptr, name string) (uintptr, error) { return purego.Dlsym(handle, name) }

// invoke calls a C function with integers and addresses.
//
//go:uintptrescapes
func invoke(function uintptr, args ...uintptr) uintptr {
	r, _, _ := purego.SyscallN(function, args...)
	return r
}
