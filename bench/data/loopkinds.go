package main

import (
	"errors"
	"unsafe"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/clinflow/clinflow/dataset"
)

// column is one column of the loop's files: how it is declared and written.
type column[R any] struct {
	node       schema.Node
	dictionary string // its path where it has one
	write      func(chunk file.ColumnChunkWriter, rows []R) error
	outside    func(*R) int // bytes beside the struct
}

var (
	wallClock = schema.NewTimestampLogicalType(false, schema.TimeUnitMicros)
	integer32 = schema.NewIntLogicalType(32, true)
	integer64 = schema.NewIntLogicalType(64, true)
)

// number is a column that is never null.
func number[R, V any](name string, physical parquet.Type, logical schema.LogicalType, at func(*R) V) column[R] {
	return column[R]{node: primitive(name, parquet.Repetitions.Required, physical, logical), write: func(chunk file.ColumnChunkWriter, rows []R) error {
		values := make([]V, len(rows))
		for i := range rows {
			values[i] = at(&rows[i])
		}
		return batch(chunk, values, nil, nil)
	}}
}

func int32s[R any](name string, at func(*R) int32) column[R] {
	return number(name, parquet.Types.Int32, integer32, at)
}

func int64s[R any](name string, at func(*R) int64) column[R] {
	return number(name, parquet.Types.Int64, integer64, at)
}

func bools[R any](name string, at func(*R) bool) column[R] {
	return number[R, bool](name, parquet.Types.Boolean, nil, at)
}

// optional is a column whose zero value is null.
func optional[R any, V comparable, P any](name string, physical parquet.Type, logical schema.LogicalType, at func(*R) V, out func(V) P) column[R] {
	return column[R]{node: primitive(name, parquet.Repetitions.Optional, physical, logical), write: func(chunk file.ColumnChunkWriter, rows []R) error {
		values, definition := make([]P, 0, len(rows)), make([]int16, len(rows))
		var null V
		for i := range rows {
			if v := at(&rows[i]); v != null {
				values, definition[i] = append(values, out(v)), 1
			}
		}
		return batch(chunk, values, definition, nil)
	}}
}

func ids[R any](name string, at func(*R) int64) column[R] {
	return optional(name, parquet.Types.Int64, integer64, at, func(v int64) int64 { return v })
}

func times[R any](name string, at func(*R) dataset.Time) column[R] {
	return optional(name, parquet.Types.Int64, wallClock, at, func(v dataset.Time) int64 { return int64(v) })
}

func viewed(s string) parquet.ByteArray { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// texts never repeat; names and words do, and words may be null.
func texts[R any](name string, at func(*R) string) column[R] { return paged(unpaged(name, at)) }

func unpaged[R any](name string, at func(*R) string) column[R] {
	c := number(name, parquet.Types.ByteArray, schema.StringLogicalType{}, func(r *R) parquet.ByteArray { return viewed(at(r)) })
	c.outside = func(r *R) int { return len(at(r)) }
	return c
}

// paged ends a page where the next text does not fit it.
func paged[R any](c column[R]) column[R] {
	write := c.write
	c.write = func(chunk file.ColumnChunkWriter, rows []R) error {
		for len(rows) > 0 {
			page, bytes := 0, 0
			for page < len(rows) {
				if bytes += 4 + c.outside(&rows[page]); bytes > pageBytes && page > 0 {
					break
				}
				page++
			}
			if err := errors.Join(write(chunk, rows[:page]), chunk.(interface{ FlushBufferedDataPages() error }).FlushBufferedDataPages()); err != nil {
				return err
			}
			rows = rows[page:]
		}
		return nil
	}
	return c
}

func names[R any](name string, at func(*R) string) column[R] {
	c := unpaged(name, at)
	c.dictionary = name
	return c
}

func words[R any](name string, at func(*R) string) column[R] {
	c := optional(name, parquet.Types.ByteArray, schema.StringLogicalType{}, at, viewed)
	c.dictionary, c.outside = name, func(r *R) int { return len(at(r)) }
	return c
}

func lists[R any](name string, at func(*R) []int32) column[R] {
	element := primitive("element", parquet.Repetitions.Required, parquet.Types.Int32, integer32)
	repeated := schema.MustGroup(schema.NewGroupNode("list", parquet.Repetitions.Repeated, schema.FieldList{element}, -1))
	node := schema.MustGroup(schema.NewGroupNodeLogical(name, parquet.Repetitions.Required, schema.FieldList{repeated}, schema.NewListLogicalType(), -1))
	return column[R]{node: node, outside: func(r *R) int { return 4 * len(at(r)) }, write: func(chunk file.ColumnChunkWriter, rows []R) error {
		var values []int32
		var definition, repetition []int16
		for i := range rows {
			items := at(&rows[i])
			values = append(values, items...)
			for j := range max(1, len(items)) {
				definition, repetition = append(definition, int16(min(1, len(items)))), append(repetition, int16(min(1, j)))
			}
		}
		return batch(chunk, values, definition, repetition)
	}}
}

func primitive(name string, repetition parquet.Repetition, physical parquet.Type, logical schema.LogicalType) schema.Node {
	if logical == nil {
		return schema.MustPrimitive(schema.NewPrimitiveNode(name, repetition, physical, -1, -1))
	}
	return schema.MustPrimitive(schema.NewPrimitiveNodeLogical(name, repetition, logical, physical, -1, -1))
}

func batch[V any](chunk file.ColumnChunkWriter, values []V, definition, repetition []int16) error {
	_, err := chunk.(interface {
		WriteBatch(values []V, definition, repetition []int16) (int64, error)
	}).WriteBatch(values, definition, repetition)
	return err
}
