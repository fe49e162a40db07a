package driver

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// PathVariable names folders to look for NVIDIA's libraries in before all others,
// separated as in PATH.
const PathVariable = "CLINFLOW_CUDA_PATH"

// ErrNotFound is wrapped where a library is on none of the places looked at.
var ErrNotFound = errors.New("not found")

// library is an open shared library.
type library struct {
	file    string
	symbols map[string]uintptr
	explain func(code int) string
}

// Newest is the newest major version of CUDA that is known here.
const Newest = 13

// versions are a library's names, the newest first, that a driver of CUDA newest can
// run: with an older driver a library of the next major version opens, and fails then.
func versions(name string, newest int) (names []string) {
	for v := min(newest, Newest); v >= 12; v-- {
		names = append(names, name+"."+strconv.Itoa(v))
	}
	return append(names, name)
}

// open finds the first of the names (the newest first) and its functions. A file in a
// folder that the user names is taken or refused; elsewhere the search goes on.
func open(names, functions []string, install string) (*library, error) {
	var broken []string
	var last error
	for _, file := range candidates(names) {
		handle, err := dlopen(file.path)
		if err == nil {
			l := &library{file: file.path, symbols: map[string]uintptr{}}
			return l, l.resolve(handle, functions)
		}
		last = err
		if filepath.IsAbs(file.path) { // it is there, and not to be loaded
			broken = append(broken, err.Error())
		}
		if file.named {
			break
		}
	}
	if len(broken) > 0 {
		return nil, fmt.Errorf("%s cannot be loaded: %s", names[0], strings.Join(broken, "; "))
	}
	return nil, fmt.Errorf("%s: %w; looked for %s by the system's loader (%v) and in %s; %s, or name its folder in %s",
		names[0], ErrNotFound, strings.Join(names, ", "), last, strings.Join(folders(), ", "), install, PathVariable)
}

func (l *library) resolve(handle uintptr, functions []string) error {
	for _, name := range functions {
		symbol, err := dlsym(handle, name)
		if err != nil {
			return fmt.Errorf("%s has no function %s: it is too old; CUDA 12 or newer is needed", l.file, name)
		}
		l.symbols[name] = symbol
	}
	return nil
}

// call calls a function that answers 0 for success.
//
//go:uintptrescapes
func (l *library) call(name string, args ...uintptr) error {
	return l.check(name, int32(invoke(l.symbols[name], args...)))
}

func (l *library) check(name string, code int32) error {
	if code == 0 {
		return nil
	}
	return &Error{name, int(code), l.explain(int(code))}
}
