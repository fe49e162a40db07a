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
// type, as text: one of a row where the column is no list, none where it is null. A row
// group is in memory at a time.
func Texts(ctx context.Context, r *Reader, column string) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		index, err := r.leaf(column)
		for group := 0; err == nil && group < r.file.NumRowGroups(); group++ {
			var rows [][]string
			if rows, err = r.texts(ctx, group, index); err != nil {
				break
			}
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
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

func (r *Reader) texts(ctx context.Context, group, index int) (rows [][]string, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err = guard.Do(r.place, func() error {
		chunk, err := r.file.RowGroup(group).Column(index)
		if err != nil {
			return err
		}
		rows, err = textsOf(chunk)
		return errors.Join(err, chunk.Close())
	})
	if err != nil {
		return nil, r.damaged("a column cannot be decoded")
	}
	return rows, nil
}

// textsOf reads a chunk of any simple type.
func textsOf(chunk file.ColumnChunkReader) ([][]string, error) {
	switch c := chunk.(type) {
	case batchReader[bool]:
		return textsBy(c, strconv.FormatBool)
	case batchReader[int32]:
		return textsBy(c, func(v int32) string { return strconv.FormatInt(int64(v), 10) })
	case batchReader[int64]:
		return textsBy(c, func(v int64) string { return strconv.FormatInt(v, 10) })
	case batchReader[float32]:
		return textsBy(c, func(v float32) string { return strconv.FormatFloat(float64(v), 'f', -1, 32) })
	case batchReader[float64]:
		return textsBy(c, func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) })
	case batchReader[arrow.ByteArray]:
		return textsBy(c, func(v arrow.ByteArray) string { return string(v) })
	}
	return nil, errChunk
}

// textsBy reads a chunk by its levels: a row begins where nothing repeats, and a value is
// where the definition is full.
func textsBy[V any](c batchReader[V], text func(V) string) (rows [][]string, err error) {
	of := c.Descriptor()
	page := make([]V, batch)
	definition, repetition := levels(of)
	for c.HasNext() {
		total, read, err := c.ReadBatchInPage(batch, page, definition, repetition)
		if err != nil || total <= 0 {
			return nil, errors.Join(errChunk, err)
		}
		next := 0
		for i := range int(total) {
			if repetition == nil || repetition[i] == 0 {
				rows = append(rows, nil)
			}
			if definition != nil && definition[i] < of.MaxDefinitionLevel() {
				continue
			}
			if next == read || len(rows) == 0 {
				return nil, errChunk
			}
			rows[len(rows)-1] = append(rows[len(rows)-1], text(page[next]))
			next++
		}
	}
	return rows, c.Err()
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

// SideBySide streams the rows of several columns, each as Texts has it.
func SideBySide(ctx context.Context, r *Reader, columns ...string) iter.Seq2[[][]string, error] {
	return func(yield func([][]string, error) bool) {
		var pulls []func() ([]string, error, bool)
		for _, column := range columns {
			pull, stop := iter.Pull2(Texts(ctx, r, column))
			defer stop()
			pulls = append(pulls, pull)
		}
		for {
			row, more, err := r.beside(pulls)
			if err == nil && !more || !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// beside is the next row of all columns; more is false behind the last.
func (r *Reader) beside(pulls []func() ([]string, error, bool)) (row [][]string, more bool, err error) {
	for i, pull := range pulls {
		cell, err, has := pull()
		if err != nil {
			return nil, false, err
		}
		if i > 0 && has != more {
			return nil, false, r.damaged("its columns have different numbers of rows")
		}
		more, row = has, append(row, cell)
	}
	return row, more, nil
}
