package parquet

import (
	"errors"
	"unsafe"

	arrow "github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

// list is a column of lists in Parquet's three levels, as the format's
// LogicalTypes.md asks: a required group, a repeated group `list`, a required
// `element`. A nil list and an empty one are the same.
type list[V int32 | float32] struct {
	field
	physical arrow.Type
	logical  schema.LogicalType
}

func (c list[V]) path() string { return c.name + ".list.element" }

func (c list[V]) node() schema.Node {
	element := primitive("element", arrow.Repetitions.Required, c.physical, c.logical)
	repeated := schema.MustGroup(schema.NewGroupNode("list", arrow.Repetitions.Repeated, schema.FieldList{element}, -1))
	return schema.MustGroup(schema.NewGroupNodeLogical(c.name, arrow.Repetitions.Required,
		schema.FieldList{repeated}, schema.NewListLogicalType(), -1))
}

func (c list[V]) at(row unsafe.Pointer) *[]V { return (*[]V)(unsafe.Add(row, c.offset)) }

// valueBytes is the size of a list's values, int32 or float32.
const valueBytes = 4

func (c list[V]) outside(row unsafe.Pointer) int64 { return valueBytes * int64(len(*c.at(row))) }

// write sets definition 1 for a value and 0 for an empty list; repetition 0
// begins a row.
func (c list[V]) write(chunk any, rows []unsafe.Pointer) error {
	length := 0
	for _, row := range rows {
		length += max(1, len(*c.at(row)))
	}
	values := make([]V, 0, length)
	definition, repetition := make([]int16, 0, length), make([]int16, 0, length)
	for _, row := range rows {
		items := *c.at(row)
		values = append(values, items...)
		for i := range max(1, len(items)) {
			definition = append(definition, int16(min(1, len(items))))
			repetition = append(repetition, int16(min(1, i)))
		}
	}
	_, err := chunk.(batchWriter[V]).WriteBatch(values, definition, repetition)
	return err
}

// batch is how many levels of a list column are read at a time.
const batch = 4096

func (c list[V]) read(chunk any, rows []unsafe.Pointer) error {
	reader, ok := chunk.(batchReader[V])
	if !ok || reader.Descriptor().MaxRepetitionLevel() != 1 || reader.Descriptor().MaxDefinitionLevel() != 1 {
		return errChunk
	}
	var values []V
	lengths := make([]int, 0, len(rows))
	page := make([]V, batch)
	definition, repetition := make([]int16, batch), make([]int16, batch)
	for reader.HasNext() {
		total, read, err := reader.ReadBatchInPage(batch, page, definition, repetition)
		if err != nil || total <= 0 {
			return errors.Join(errChunk, err)
		}
		values = append(values, page[:read]...)
		if lengths, ok = measure(lengths, definition[:total], repetition[:total], cap(lengths)); !ok {
			return errChunk
		}
	}
	return errors.Join(reader.Err(), c.slice(values, lengths, rows))
}

// measure counts the values of each list. A list may begin in one batch and end
// in another. It reports false where there are more lists than rows, or values
// before the first list.
func measure(lengths []int, definition, repetition []int16, rows int) ([]int, bool) {
	for i := range repetition {
		if repetition[i] == 0 {
			if len(lengths) == rows {
				return nil, false
			}
			lengths = append(lengths, 0)
		}
		if len(lengths) == 0 {
			return nil, false
		}
		lengths[len(lengths)-1] += int(definition[i])
	}
	return lengths, true
}

// slice gives each row its piece of the values.
func (c list[V]) slice(values []V, lengths []int, rows []unsafe.Pointer) error {
	if len(lengths) != len(rows) {
		return errChunk
	}
	for i, n := range lengths {
		if n < 0 || n > len(values) {
			return errChunk
		}
		if n > 0 {
			*c.at(rows[i]) = values[:n:n]
		}
		values = values[n:]
	}
	if len(values) > 0 {
		return errChunk
	}
	return nil
}
