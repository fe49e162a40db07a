package parquet

import (
	"errors"
	"unsafe"

	arrow "github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

// field is what the columns of all types have in common.
type field struct {
	name     string
	offset   uintptr // of the field in the row struct
	nullable bool    // the zero value is written as null
	lackable bool    // a table may lack the column
	plain    bool    // no dictionary
}

func (f field) absent() bool                 { return f.nullable || f.lackable }
func (f field) dictionary() bool             { return false }
func (f field) outside(unsafe.Pointer) int64 { return 0 }
func (f field) repetition() arrow.Repetition {
	if f.nullable {
		return arrow.Repetitions.Optional
	}
	return arrow.Repetitions.Required
}

// errChunk says that a column chunk does not hold what its file's footer
// promises.
var errChunk = errors.New("the column holds other values than its footer says")

// Arrow's typed chunk writers and readers, by the type of their values.
type (
	batchWriter[V any] interface {
		WriteBatch(values []V, definition, repetition []int16) (int64, error)
	}
	pageWriter         interface{ FlushBufferedDataPages() error } // ends a page that has values
	batchReader[V any] interface {
		HasNext() bool
		Err() error
		Descriptor() *schema.Column
		ReadBatchInPage(size int64, values []V, definition, repetition []int16) (int64, int, error)
	}
)

// scalar is a column of one value a row: F in the struct, V in the file.
type scalar[F comparable, V any] struct {
	field
	physical arrow.Type
	logical  schema.LogicalType // nil: none
	toValue  func(F) V
	toField  func(value V, previous F) F
}

func (c scalar[F, V]) path() string { return c.name }

func (c scalar[F, V]) node() schema.Node {
	return primitive(c.name, c.repetition(), c.physical, c.logical)
}

func primitive(name string, repetition arrow.Repetition, physical arrow.Type, logical schema.LogicalType) schema.Node {
	if logical == nil {
		return schema.MustPrimitive(schema.NewPrimitiveNode(name, repetition, physical, -1, -1))
	}
	return schema.MustPrimitive(schema.NewPrimitiveNodeLogical(name, repetition, logical, physical, -1, -1))
}

func (c scalar[F, V]) at(row unsafe.Pointer) *F { return (*F)(unsafe.Add(row, c.offset)) }

func (c scalar[F, V]) write(chunk any, rows []unsafe.Pointer) error {
	values := make([]V, 0, len(rows))
	var definition []int16
	if c.nullable {
		definition = make([]int16, len(rows))
	}
	var null F
	for i, row := range rows {
		f := *c.at(row)
		if c.nullable {
			if f == null {
				continue
			}
			definition[i] = 1
		}
		values = append(values, c.toValue(f))
	}
	_, err := chunk.(batchWriter[V]).WriteBatch(values, definition, nil)
	return err
}

func (c scalar[F, V]) read(chunk any, rows []unsafe.Pointer) error {
	reader, ok := chunk.(batchReader[V])
	if !ok || reader.Descriptor().MaxRepetitionLevel() > 0 || reader.Descriptor().MaxDefinitionLevel() > 1 {
		return errChunk
	}
	values := make([]V, len(rows))
	var definition []int16
	if reader.Descriptor().MaxDefinitionLevel() > 0 {
		definition = make([]int16, len(rows))
	}
	for len(rows) > 0 {
		if !reader.HasNext() {
			return errors.Join(errChunk, reader.Err())
		}
		total, read, err := reader.ReadBatchInPage(int64(len(rows)), values, definition, nil)
		if err != nil || total <= 0 || total > int64(len(rows)) {
			return errors.Join(errChunk, err)
		}
		if !c.scatter(values[:read], definition, rows[:total]) {
			return errChunk
		}
		rows = rows[total:]
	}
	return nil
}

// scatter puts the values of one page into rows, and reports whether there was
// one for each row that is not null.
func (c scalar[F, V]) scatter(values []V, definition []int16, rows []unsafe.Pointer) bool {
	var previous F
	next := 0
	for i, row := range rows {
		if definition != nil && definition[i] == 0 {
			continue
		}
		if next == len(values) {
			return false
		}
		previous = c.toField(values[next], previous)
		*c.at(row) = previous
		next++
	}
	return next == len(values)
}

func same[V any](v V) V    { return v }
func keep[V any](v, _ V) V { return v }

// text is a string column.
type text struct {
	scalar[string, arrow.ByteArray]
}

func (c text) dictionary() bool { return !c.plain }

// write ends a page where the next text does not fit it.
func (c text) write(chunk any, rows []unsafe.Pointer) error {
	if c.dictionary() {
		return c.scalar.write(chunk, rows)
	}
	for len(rows) > 0 {
		page := c.page(rows)
		if err := errors.Join(c.scalar.write(chunk, rows[:page]), chunk.(pageWriter).FlushBufferedDataPages()); err != nil {
			return err
		}
		rows = rows[page:]
	}
	return nil
}

// page is how many of the rows fit a page, one at least. Each has its length before it,
// in four bytes.
func (c text) page(rows []unsafe.Pointer) int {
	bytes := 0
	for i, row := range rows {
		if bytes += 4 + len(*c.at(row)); bytes > pageBytes && i > 0 {
			return i
		}
	}
	return len(rows)
}

func (c text) outside(row unsafe.Pointer) int64 { return int64(len(*c.at(row))) }

// bytesOf views a string without copying it: the column writer copies, and no
// one writes into the view.
func bytesOf(s string) arrow.ByteArray { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// stringOf copies a value out of its page, or repeats the string before it:
// categories come in runs.
func stringOf(value arrow.ByteArray, previous string) string {
	if string(value) == previous {
		return previous
	}
	return string(value)
}
