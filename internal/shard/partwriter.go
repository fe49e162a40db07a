package shard

import (
	"fmt"
	"maps"
	"slices"
	"unsafe"

	"github.com/clinflow/clinflow/internal/exit"
)

// PartWriter writes one part of all tables. It is used by one goroutine and
// ends with Close or Abort.
type PartWriter struct {
	writer *Writer
	part   int
	tables map[string]*openTableWriter
	counts map[string]int64
	done   bool
}

// PartResult is what a finished part adds to the manifest. It is small and
// crosses process boundaries as JSON.
type PartResult struct {
	Part   int                 `json:"part"`
	Tables map[string]PartInfo `json:"tables"`
	Counts map[string]int64    `json:"counts,omitempty"`
}

// openTableWriter is a table's file and the RowWriter in front of it.
type openTableWriter struct {
	file *tableFile
	rows interface{ flush() error }
}

// Part is the part's number.
func (p *PartWriter) Part() int { return p.part }

// Count adds n to a count of the manifest.
func (p *PartWriter) Count(name string, n int64) { p.counts[name] += n }

// Reject puts a bad record into the table "quarantine" and counts it as
// "quarantined" and "quarantined.<reason>".
func (p *PartWriter) Reject(r Reject) error {
	rows, err := Rows[Reject](p, TableQuarantine)
	if err != nil {
		return err
	}
	p.Count("quarantined", 1)
	p.Count("quarantined."+r.Reason, 1)
	return rows.Write(r)
}

// RowWriter writes the rows of one table of one part, in the order they come.
type RowWriter[T any] struct {
	part   *PartWriter
	file   *tableFile
	layout *layout
	rows   []T // the row group so far
	bytes  int64
}

// Rows begins a table of the part, or goes on with it. Rows must come in their
// final order.
func Rows[T any](p *PartWriter, table string) (*RowWriter[T], error) {
	if open, ok := p.tables[table]; ok {
		rows, ok := open.rows.(*RowWriter[T])
		if !ok {
			return nil, fmt.Errorf("table %s of part %d is being written with rows of another type", table, p.part)
		}
		return rows, nil
	}
	l := layoutOf[T]()
	if tables[table] != l {
		return nil, fmt.Errorf("table %s does not hold rows of type %s; register it with shard.RegisterTable", table, l.name)
	}
	f, err := p.create(table)
	if err != nil {
		return nil, err
	}
	rows := &RowWriter[T]{part: p, file: f, layout: l}
	p.tables[table] = &openTableWriter{f, rows}
	return rows, nil
}

func (p *PartWriter) create(table string) (*tableFile, error) {
	if p.done {
		return nil, fmt.Errorf("part %d: a table begun after Close or Abort", p.part)
	}
	if p.part < 0 || p.part >= p.writer.parts {
		return nil, fmt.Errorf("dataset %s has no part %d, only %d parts", p.writer.URI(), p.part, p.writer.parts)
	}
	return createTableFile(p.writer.ctx, p.writer.dir, partName(table, p.part, p.writer.parts), tables[table])
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

// Close finishes the part's files, those of declared tables without rows too.
// After an error nothing of the part is left open.
func (p *PartWriter) Close() (PartResult, error) {
	if p.done {
		return PartResult{}, fmt.Errorf("part %d: closed or aborted twice", p.part)
	}
	result, err := p.finish()
	if err != nil {
		p.Abort()
		return PartResult{}, err
	}
	p.done = true
	p.writer.keep(result)
	return result, nil
}

func (p *PartWriter) finish() (PartResult, error) {
	result := PartResult{Part: p.part, Tables: map[string]PartInfo{}, Counts: p.counts}
	for _, table := range slices.Sorted(maps.Keys(p.tables)) {
		open := p.tables[table]
		if err := open.rows.flush(); err != nil {
			return result, err
		}
		info, err := open.file.commit()
		if err != nil {
			return result, err
		}
		result.Tables[table] = info
	}
	err := p.fill(&result, p.writer.declared())
	return result, err
}

// fill writes empty files for the tables that the part has no rows of.
func (p *PartWriter) fill(result *PartResult, names []string) error {
	if result.Tables == nil {
		result.Tables = map[string]PartInfo{}
	}
	for _, table := range names {
		if _, written := result.Tables[table]; written {
			continue
		}
		f, err := p.create(table)
		if err != nil {
			return err
		}
		if result.Tables[table], err = f.commit(); err != nil {
			return err
		}
	}
	return nil
}

// Abort removes the part's unfinished files. After Close it does nothing.
func (p *PartWriter) Abort() {
	if p.done {
		return
	}
	p.done = true
	for _, open := range p.tables {
		open.file.abort()
	}
}
