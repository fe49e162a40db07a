// Package guard keeps the value of a panic from being printed: it may hold note
// text. Every goroutine that touches rows runs under it.
package guard

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
)

// Panic is a recovered panic: where it happened, never its value.
type Panic struct {
	Place string // what was being done: stage, part, file
	Code  string // file:line of the function that panicked
}

func (p *Panic) Error() string {
	return fmt.Sprintf("%s: internal error at %s (the panic's value is withheld, it may hold note text); please report this line", p.Place, p.Code)
}

// Do runs f and turns a panic in it into a *Panic. place names stage, part and
// file, never data.
func Do(place string, f func() error) error {
	return At(func() string { return place }, f)
}

// At is Do for work whose place moves on: place is asked where the panic struck,
// for a row and a byte offset.
func At(place func() string, f func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = &Panic{Place: place(), Code: origin()}
		}
	}()
	return f()
}

// origin finds the innermost frame of the panic that is not the runtime's.
func origin() string {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	for {
		frame, more := frames.Next()
		if frame.Function != "" && !strings.HasPrefix(frame.Function, "runtime.") {
			return fmt.Sprintf("%s:%d", filepath.Base(frame.File), frame.Line)
		}
		if !more {
			return "unknown"
		}
	}
}
