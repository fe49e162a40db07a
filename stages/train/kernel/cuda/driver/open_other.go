//go:build !(darwin || freebsd || linux || netbsd) || static

package driver

import "errors"

// errBuild: the tag static makes a program that needs no C library, as some
// containers have none, and can load none.
var errBuild = errors.New("this build of clinflow loads no libraries: it is for another system than Linux, or built with the tag static")

func dlopen(string) (uintptr, error) { return 0, errBuild }

func dlsym(uintptr, string) (uintptr, error) { return 0, errBuild }

func invoke(uintptr, ...uintptr) uintptr { panic("a function of a library that was never opened") }
