package dataset

import (
	"context"
	"fmt"
	"slices"
	"unsafe"
)

// chunkRows is how many rows are allocated at once: growing one slice would copy
// all of them and hold two copies meanwhile.
const chunkRows = 256

// rowsByPart holds rows of one table by part.
type rowsByPart[T any] struct {
	layout *layout
	order  func(a, b T) int
	chunk  []T
	parts  [][]*T
}

func (h *rowsByPart[T]) add(part int, row T) (bytes int64) {
	if len(h.chunk) == cap(h.chunk) {
		h.chunk = make([]T, 0, chunkRows)
	}
	h.chunk = append(h.chunk, row)
	held := &h.chunk[len(h.chunk)-1]
	h.parts[part] = append(h.parts[part], held)
	return h.layout.weight(unsafe.Pointer(held)) + int64(unsafe.Sizeof(held))
}

func (h *rowsByPart[T]) write(s *Spill, table string) error {
	name := fmt.Sprintf("%s/%s-%06d-%s.run", table, s.prefix, s.flushes, s.suffix)
	f, err := createRunFile(context.Background(), s.dir, name, h.layout)
	if err != nil {
		return err
	}
	for part, rows := range h.parts {
		if len(rows) == 0 {
			continue
		}
		run := Run{Dir: s.dir.URI(), Name: name, Table: table, Part: part, Offset: f.bytes, Rows: int64(len(rows))}
		if err := h.writePart(f, rows); err != nil {
			f.abort()
			return err
		}
		run.Bytes = f.bytes - run.Offset
		s.runs = append(s.runs, run)
	}
	h.chunk, h.parts = nil, make([][]*T, s.parts)
	if f.bytes == 0 {
		f.abort()
		return nil
	}
	s.files = append(s.files, FileInfo{Name: name, Bytes: f.bytes})
	return f.commit()
}

func (h *rowsByPart[T]) writePart(f *runFile, rows []*T) error {
	slices.SortStableFunc(rows, func(a, b *T) int { return h.order(*a, *b) })
	for _, row := range rows {
		if err := f.write(unsafe.Pointer(row)); err != nil {
			return err
		}
	}
	return nil
}
