package dataset

import (
	"fmt"
	"unsafe"

	"github.com/clinflow/clinflow/internal/exit"
)

// RowWriter writes the rows of one table of one part, in the order they come.
type RowWriter[T any] struct {
	part   *PartWriter
	file   *tableFile
	layout *layout
	rows   []T // the row group so far
	bytes  int64
}

// Rows begins a table of the part, or goes on with it. Rows must come in their
// final order. The table lacks the columns named, of those that it may lack; they
// are the same for all parts.
func Rows[T any](p *PartWriter, table string, lacks ...string) (*RowWriter[T], error) {
	if open, ok := p.tables[table]; ok {
		rows, ok := open.rows.(*RowWriter[T])
		if !ok {
			return nil, fmt.Errorf("table %s of part %d is being written with rows of another type", table, p.part)
		}
		return rows, nil
	}
	l := layoutOf[T]()
	if err := checkRowType(table, l); err != nil {
		return nil, err
	}
	f, err := p.create(table, l.without(lacks))
	if err != nil {
		return nil, err
	}
	rows := &RowWriter[T]{part: p, file: f, layout: l}
	p.tables[table] = &openTableWriter{f, rows}
	return rows, nil
}

// Write adds a row. A full row group goes to the file.
func (w *RowWriter[T]) Write(row T) error {
	if w.part.done {
		return fmt.Errorf("%s: a row written after Close or Abort", w.file.place)
	}
	w.rows = append(w.rows, row)
	weight := w.layout.weight(unsafe.Pointer(&w.rows[len(w.rows)-1]))
	if weight > maxRowBytes {
		return exit.Errorf(exit.BadData, "%s: row %d holds %d bytes, more than the %d a row may hold; quarantine it",
			w.file.place, w.file.rows+int64(len(w.rows)), weight, maxRowBytes)
	}
	w.bytes += weight
	if w.bytes < groupBytes {
		return nil
	}
	return w.flush()
}

func (w *RowWriter[T]) flush() error {
	if len(w.rows) == 0 {
		return nil
	}
	err := w.file.writeGroup(pointers(w.rows))
	clear(w.rows)
	w.rows, w.bytes = w.rows[:0], 0
	return err
}
