package dags

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one fault of a DAG file.
type Problem struct {
	File string
	Line int // 1-based, 0 where the fault has no place in the file
	Col  int // in characters, 1-based
	Path string
	What string
	Hint string
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

type position struct{ line, col int }

// findings collects problems while a file is checked.
type findings struct {
	file string
	list Problems
}

func (f *findings) add(at position, path, what, hint string) {
	f.list = append(f.list, Problem{f.file, at.line, at.col, path, what, hint})
}

func (f *findings) any() bool { return len(f.list) > 0 }

// sorted returns the problems by place, those without one first. Two checks may
// come upon the same fault: it is told once.
func (f *findings) sorted() Problems {
	slices.SortStableFunc(f.list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return slices.Compact(f.list)
}
