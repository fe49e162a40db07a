package parquet

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unsafe"

	arrow "github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

// layout is how a row struct lies in Parquet: one column for each field, in
// order, embedded structs flattened. It is worked out once a type.
type layout struct {
	name    string  // the row type, for errors
	size    uintptr // bytes of the struct itself
	columns []column
	root    *schema.GroupNode
	empty   func() ([]byte, error) // the file without rows
}

// column moves one field between rows and a column chunk. Rows come as pointers
// to structs of the layout's type.
type column interface {
	// path is the column's dotted name in the file.
	path() string
	// absent says that rows may be written and read without the column.
	absent() bool
	// dictionary says that equal values are worth finding.
	dictionary() bool
	// node is the column's schema.
	node() schema.Node
	// outside counts the bytes that a row's field holds outside the struct.
	outside(row unsafe.Pointer) int64
	// write encodes the field of all rows.
	write(chunk any, rows []unsafe.Pointer) error
	// read decodes the whole chunk into the field of the rows, exactly one value
	// each.
	read(chunk any, rows []unsafe.Pointer) error
	// pack appends the field to a packed row.
	pack(buffer []byte, row unsafe.Pointer) []byte
	// move appends the field's text to buffer and makes the field a view of it there.
	move(buffer []byte, row unsafe.Pointer) []byte
	// unpack takes the field from the front of what is left of a packed row.
	unpack(packed []byte, row unsafe.Pointer) (rest []byte, ok bool)
}

var layouts sync.Map // reflect.Type → *layout

// layoutOf panics on a field without a supported type or a parquet tag: both
// are faults of the program.
func layoutOf[T any]() *layout {
	t := reflect.TypeFor[T]()
	if known, ok := layouts.Load(t); ok {
		return known.(*layout)
	}
	actual, _ := layouts.LoadOrStore(t, newLayout(t.Name(), t.Size(), columnsOf(t, 0)))
	return actual.(*layout)
}

func newLayout(name string, size uintptr, columns []column) *layout {
	fields := make(schema.FieldList, len(columns))
	for i, c := range columns {
		fields[i] = c.node()
	}
	root, err := schema.NewGroupNode("schema", arrow.Repetitions.Required, fields, -1)
	if err != nil {
		panic(fmt.Sprintf("row type %s: %v", name, err))
	}
	// A node keeps its path when it is first asked for it. It is asked here, once, since
	// many goroutines write files of one layout.
	schema.NewSchema(root)
	l := &layout{name: name, size: size, columns: columns, root: root}
	l.empty = sync.OnceValues(l.withoutRows)
	return l
}

// withoutRows are the bytes of a file that no row was written to.
func (l *layout) withoutRows() ([]byte, error) {
	var file bytes.Buffer
	w, err := l.encode(&file)
	if err == nil {
		err = w.Close()
	}
	return file.Bytes(), err
}

// without is the layout of a table that lacks some columns.
func (l *layout) without(names []string) *layout {
	if len(names) == 0 {
		return l
	}
	left := slices.DeleteFunc(slices.Clone(l.columns), func(c column) bool {
		return c.absent() && slices.Contains(names, c.path())
	})
	return newLayout(l.name, l.size, left)
}

func columnsOf(t reflect.Type, base uintptr) []column {
	var columns []column
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			columns = append(columns, columnsOf(f.Type, base+f.Offset)...)
			continue
		}
		columns = append(columns, columnOf(t, f, base+f.Offset))
	}
	return columns
}

// columnOf reads a field's tag: `parquet:"name"`, then `optional` where the zero
// value stands for null, `absent` where a table may lack the column and `plain`
// where values hardly repeat.
func columnOf(owner reflect.Type, f reflect.StructField, offset uintptr) column {
	name, options, _ := strings.Cut(f.Tag.Get("parquet"), ",")
	if name == "" {
		panic(fmt.Sprintf("row type %s: field %s has no parquet tag", owner, f.Name))
	}
	field := field{name: name, offset: offset}
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "optional":
			field.nullable = true
		case "absent":
			field.lackable = true
		case "plain":
			field.plain = true
		case "":
		default:
			panic(fmt.Sprintf("row type %s: field %s has the unknown option %q", owner, f.Name, option))
		}
	}
	c := typedColumn(f.Type, field)
	if c == nil {
		panic(fmt.Sprintf("row type %s: field %s has a type that no column holds", owner, f.Name))
	}
	return c
}

func typedColumn(t reflect.Type, f field) column {
	switch t {
	case reflect.TypeFor[int32]():
		return scalar[int32, int32]{f, arrow.Types.Int32, schema.NewIntLogicalType(32, true), same[int32], keep[int32]}
	case reflect.TypeFor[int64]():
		return scalar[int64, int64]{f, arrow.Types.Int64, schema.NewIntLogicalType(64, true), same[int64], keep[int64]}
	case reflect.TypeFor[Time]():
		return scalar[int64, int64]{f, arrow.Types.Int64, wallClock, same[int64], keep[int64]}
	case reflect.TypeFor[bool]():
		return scalar[bool, bool]{f, arrow.Types.Boolean, nil, same[bool], keep[bool]}
	case reflect.TypeFor[float32]():
		return scalar[float32, float32]{f, arrow.Types.Float, nil, same[float32], keep[float32]}
	case reflect.TypeFor[float64]():
		return scalar[float64, float64]{f, arrow.Types.Double, nil, same[float64], keep[float64]}
	case reflect.TypeFor[string]():
		return text{scalar[string, arrow.ByteArray]{f, arrow.Types.ByteArray, schema.StringLogicalType{}, bytesOf, stringOf}}
	case reflect.TypeFor[[]int32]():
		return list[int32]{f, arrow.Types.Int32, schema.NewIntLogicalType(32, true)}
	case reflect.TypeFor[[]float32]():
		return list[float32]{f, arrow.Types.Float, nil}
	default:
		return nil
	}
}

// wallClock is a timestamp in microseconds without a zone, which pyarrow reads
// as timestamp[us].
var wallClock = schema.NewTimestampLogicalType(false, schema.TimeUnitMicros)
