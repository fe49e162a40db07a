package driver

import "fmt"

// The codes of cuda.h that are told apart.
const (
	codeOutOfMemory = 2
	codeNoDevice    = 100
	codeNotFound    = 500
)

// Error is a call of a library that failed.
type Error struct {
	Call string // the C function
	Code int
	Text string // the library's own words for the code
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("%s failed with %d: %s", e.Call, e.Code, e.Text)
}

// OutOfMemory says that the device has no memory left.
func (e *Error) OutOfMemory() bool { return e.Code == codeOutOfMemory }

// NoDevice says that the driver sees no GPU.
func (e *Error) NoDevice() bool { return e.Code == codeNoDevice }

// NotFound says that a module has no kernel of the name.
func (e *Error) NotFound() bool { return e.Code == codeNotFound }
