package parquet

import (
	"context"
	"errors"
	"iter"
	"strconv"

	arrow "github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/guard"
)

// Texts streams a column of a file that others wrote, whose values may be of any simple
// type, as text: one of a row where the column is no list, none where it is null. A few
// thousand rows are in memory at a time, however many the file says it has.
func Texts(ctx context.Context, r *Reader, column string) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		index, err := r.leaf(column)
		for group := 0; err == nil && group < r.file.NumRowGroups(); group++ {
			var more bool
			if more, err = r.texts(ctx, group, index, yield); !more {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// leaf is the number of the one column of values below a column.
func (r *Reader) leaf(column string) (index int, err error) {
	of, found := r.file.MetaData().Schema, 0
	for i := range of.NumColumns() {
		if of.Column(i).ColumnPath()[0] == column {
			index = i
			found++
		}
	}
	if found != 1 || of.Column(index).MaxRepetitionLevel() > 1 {
		return 0, exit.Errorf(exit.BadData, "%s: column %s is not there, or neither values nor lists of values", r.place, column)
	}
	return index, nil
}

// texts yields the rows of a row group. more is false where the caller wants no more.
func (r *Reader) texts(ctx context.Context, group, index int, yield func([]string, error) bool) (more bool, err error) {
	var from textReader
	err = guard.Do(r.place, func() error {
		chunk, err := r.file.RowGroup(group).Column(index)
		if err == nil {
			from, err = textsOf(chunk)
		}
		return err
	})
	for end := false; err == nil && !end; {
		if err := ctx.Err(); err != nil {
			return true, err
		}
		var rows [][]string
		err = guard.Do(r.place, func() (err error) {
			rows, end, err = from.next()
			return err
		})
		for _, row := range rows {
			if !yield(row, nil) {
				return false, nil
			}
		}
	}
	if err != nil {
		return true, r.damaged("a column cannot be decoded")
	}
	return true, nil
}

// textReader reads a chunk some rows at a time.
type textReader interface {
	next() (rows [][]string, end bool, err error)
}

// textsOf reads a chunk of any simple type.
func textsOf(chunk file.ColumnChunkReader) (textReader, error) {
	switch c := chunk.(type) {
	case batchReader[bool]:
		return textsBy(c, strconv.FormatBool), nil
	case batchReader[int32]:
		return textsBy(c, func(v int32) string { return strconv.FormatInt(int64(v), 10) }), nil
	case batchReader[int64]:
		return textsBy(c, func(v int64) string { return strconv.FormatInt(v, 10) }), nil
	case batchReader[float32]:
		return textsBy(c, func(v float32) string { return strconv.FormatFloat(float64(v), 'f', -1, 32) }), nil
	case batchReader[float64]:
		return textsBy(c, func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }), nil
	case batchReader[arrow.ByteArray]:
		return textsBy(c, func(v arrow.ByteArray) string { return string(v) }), nil
	}
	return nil, errChunk
}

// texts reads a chunk by its levels: a row begins where nothing repeats, and a value is
// where the definition is full.
type texts[V any] struct {
	chunk                  batchReader[V]
	text                   func(V) string
	values                 []V
	definition, repetition []int16
	row                    []string // the last one, which may go on
	begun                  bool
}

func textsBy[V any](c batchReader[V], text func(V) string) *texts[V] {
	t := &texts[V]{chunk: c, text: text, values: make([]V, batch)}
	t.definition, t.repetition = levels(c.Descriptor())
	return t
}

// next is the rows that end in the next batch of values, and at the end the last one.
func (t *texts[V]) next() (rows [][]string, end bool, err error) {
	if !t.chunk.HasNext() {
		if t.begun {
			rows = append(rows, t.row)
		}
		return rows, true, t.chunk.Err()
	}
	total, read, err := t.chunk.ReadBatchInPage(batch, t.values, t.definition, t.repetition)
	if err != nil || total <= 0 {
		return nil, false, errors.Join(errChunk, err)
	}
	next, full := 0, t.chunk.Descriptor().MaxDefinitionLevel()
	for i := range int(total) {
		if t.repetition == nil || t.repetition[i] == 0 {
			if t.begun {
				rows = append(rows, t.row)
			}
			t.row, t.begun = nil, true
		}
		if t.definition != nil && t.definition[i] < full {
			continue
		}
		if next == read || !t.begun {
			return nil, false, errChunk
		}
		t.row = append(t.row, t.text(t.values[next]))
		next++
	}
	return rows, false, nil
}

// levels are buffers for the levels that a column has.
func levels(of *schema.Column) (definition, repetition []int16) {
	if of.MaxDefinitionLevel() > 0 {
		definition = make([]int16, batch)
	}
	if of.MaxRepetitionLevel() > 0 {
		repetition = make([]int16, batch)
	}
	return definition, repetition
}
