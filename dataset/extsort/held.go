package extsort

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"unsafe"

	"github.com/clinflow/clinflow/dataset/parquet"
)

// chunkRows is how many rows are allocated at once: growing one slice would copy
// all of them and hold two copies meanwhile.
const chunkRows = 256

// rowsByPart holds rows of one table by part.
type rowsByPart[T any] struct {
	packer parquet.Packer[T]
	texts  *textMemory
	order  func(a, b T) int
	chunk  []T
	parts  [][]*T
}

// rowsOf are the rows of a table that a batch holds.
func rowsOf[T any](b *batch, parts int, table string, order func(a, b T) int) (*rowsByPart[T], error) {
	if known, ok := b.tables[table]; ok {
		held, ok := known.(*rowsByPart[T])
		if !ok {
			return nil, fmt.Errorf("table %s: rows of two types in one spill", table)
		}
		return held, nil
	}
	held := &rowsByPart[T]{packer: parquet.PackerOf[T](), texts: &b.texts, order: order, parts: make([][]*T, parts)}
	b.tables[table] = held
	return held, nil
}

// add returns how many bytes of memory the row takes.
func (h *rowsByPart[T]) add(part int, row T) (bytes int64) {
	if len(h.chunk) == cap(h.chunk) {
		h.chunk = make([]T, 0, chunkRows)
	}
	h.chunk = append(h.chunk, row)
	held := &h.chunk[len(h.chunk)-1]
	h.texts.take(h.packer.Move(h.texts.room(h.packer.TextBytes(held)), held))
	h.parts[part] = append(h.parts[part], held)
	return h.packer.Weight(held) + int64(unsafe.Sizeof(held))
}

// sorted are the rows of each part that has some, in their order.
func (h *rowsByPart[T]) sorted() iter.Seq2[int, heldRows] {
	return func(yield func(int, heldRows) bool) {
		for part, rows := range h.parts {
			if len(rows) == 0 {
				continue
			}
			slices.SortStableFunc(rows, func(a, b *T) int { return h.order(*a, *b) })
			if !yield(part, rowsInMemory[T]{rows}) {
				return
			}
		}
	}
}

func (h *rowsByPart[T]) write(to runNames, table string) (runs []Run, err error) {
	name := to.of(table)
	f, err := createRunFile(context.Background(), to.dir, name)
	if err != nil {
		return nil, err
	}
	for part := range h.sorted() {
		rows := h.parts[part]
		run := Run{Dir: to.dir.URI(), Name: name, Table: table, Part: part, Offset: f.bytes, Rows: int64(len(rows))}
		if err := h.writePart(f, rows); err != nil {
			f.abort()
			return nil, err
		}
		run.Bytes = f.bytes - run.Offset
		runs = append(runs, run)
	}
	h.chunk, h.parts = nil, make([][]*T, len(h.parts))
	if f.bytes == 0 {
		f.abort()
		return nil, nil
	}
	return runs, f.commit()
}

func (h *rowsByPart[T]) writePart(f *runFile, rows []*T) error {
	for _, row := range rows {
		if err := f.write(h.packer.Append(f.head(), row)); err != nil {
			return err
		}
	}
	return nil
}
