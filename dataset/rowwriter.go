package dataset

import (
	"fmt"

	"github.com/clinflow/clinflow/dataset/parquet"
	"github.com/clinflow/clinflow/internal/store"
)

// RowWriter writes the rows of one table of one part, in the order they come. Its
// PartWriter ends it.
type RowWriter[T any] struct{ file *parquet.Writer[T] }

// Rows begins a table of the part, or goes on with it. Rows must come in their
// final order. The table lacks the columns named, of those that it may lack; they
// are the same for all parts.
func Rows[T any](p *PartWriter, table string, lacks ...string) (*RowWriter[T], error) {
	if open, ok := p.tables[table]; ok {
		rows, ok := open.(*RowWriter[T])
		if !ok {
			return nil, fmt.Errorf("table %s of part %d is being written with rows of another type", table, p.part)
		}
		return rows, nil
	}
	if err := checkRowType[T](table); err != nil {
		return nil, err
	}
	rows, err := beginTable[T](p, table, lacks...)
	if err != nil {
		return nil, err
	}
	p.tables[table] = rows
	return rows, nil
}

func beginTable[T any](p *PartWriter, table string, lacks ...string) (*RowWriter[T], error) {
	if err := p.begin(); err != nil {
		return nil, err
	}
	name := partName(table, p.part, p.writer.parts)
	file, err := parquet.Create[T](p.writer.ctx, store.Together(p.writer.dir), name, lacks...)
	if err != nil {
		return nil, err
	}
	return &RowWriter[T]{file}, nil
}

// Write adds a row. A row of more than parquet.MaxRowBytes is an error of
// exit.BadData.
func (w *RowWriter[T]) Write(row T) error { return w.file.Write(row) }

func (w *RowWriter[T]) commit() (PartInfo, error) {
	info, err := w.file.Commit()
	return PartInfo(info), err
}

func (w *RowWriter[T]) abort() { w.file.Abort() }
