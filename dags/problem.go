package dags

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
)

// Problem is one fault of a DAG file.
type Problem struct {
	File string
	Line int // 1-based, 0 where the fault has no place in the file
	Col  int // in characters, 1-based
	Path string
	What string
	Hint string

	step   string    // which of those that are written once; "" where the path says it
	code   exit.Code // 0: exit.Usage
	absent bool      // a path leads nowhere on this machine
}

func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Col)
	}
	if p.Path != "" {
		b.WriteString(": " + p.Path)
	}
	if p.step != "" {
		b.WriteString(": step " + p.step)
	}
	b.WriteString(": " + p.What)
	if p.Hint != "" {
		b.WriteString("; " + p.Hint)
	}
	return b.String()
}

// Problems are all faults of a DAG file, in the order of their places.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Away are the faults of a file whose inputs are all missing, and which has no
// other fault: this machine is one without the data.
type Away struct{ Problems }

// err is the problems as an error. Bad data is told as such where no configuration
// is at fault.
func (ps Problems) err() error {
	if len(ps) == 0 {
		return nil
	}
	code := exit.BadData
	for _, p := range ps {
		if p.code != exit.BadData {
			code = exit.Usage
		}
	}
	return exit.With(code, ps)
}

// position is a place in the DAG file, or in a file that it names.
type position struct {
	line, col int
	file      string // "": the DAG file
}

// findings collects problems while a file is checked.
type findings struct {
	file string
	list Problems
}

func (f *findings) add(at position, path, what, hint string) {
	f.list = append(f.list, Problem{File: cmp.Or(at.file, f.file), Line: at.line, Col: at.col, Path: path, What: what, Hint: hint})
}

// sorted returns the problems by place, those without one first. Two checks may
// come upon the same fault, and steps written once have the same: it is told once.
func (f *findings) sorted() Problems {
	slices.SortStableFunc(f.list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	told := map[Problem]bool{}
	return slices.DeleteFunc(f.list, func(p Problem) bool {
		p.step = "" // one of them is enough
		before := told[p]
		told[p] = true
		return before
	})
}
