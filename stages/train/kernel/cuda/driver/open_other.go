//go:build !(darwin || freebsd || linux || netbsd)

package driver

import "errors"

var errSystem = errors.New("CUDA is used on Linux alone")

func dlopen(string) (uintptr, error) { return 0, errSystem }

func dlsym(uintptr, string) (uintptr, error) { return 0, errSystem }
