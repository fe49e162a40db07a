// Package parquet keeps rows of Go structs in Parquet files. A row type is a struct
// whose fields are tagged with their columns' names:
//
//	type Visit struct {
//		SubjectID int64  `parquet:"subject_id"`
//		Ward      string `parquet:"ward,optional"`
//		Note      string `parquet:"note,plain" phi:"true"`
//	}
//
// Fields are of type bool, int32, int64, float32, float64, string, Time, []int32 or
// []float32; the fields of embedded structs are columns too. Behind the name may
// stand `optional`, where the zero value is written as null and read for it, or for
// a column that a file lacks; `absent`, where a file may lack the column but has no
// nulls in it; and `plain`, for text whose values hardly repeat, so that no
// dictionary is tried. `phi:"true"` marks what is printed only where a user asks for
// it.
//
// The same rows give the same bytes.
package parquet

import (
	"errors"
	"iter"
	"reflect"
	"strings"
	"time"
)

// Check panics where T is no row type, and names the field that is at fault. It is
// for what is registered when a program begins.
func Check[T any]() { layoutOf[T]() }

// Time is microseconds since 1970-01-01 as the source wrote the clock: MIMIC's
// shifted times carry no zone, and none is added. Zero means absent.
type Time int64

// clock is how a Time is written as text, such as 2180-05-06 22:23:00.
const clock = "2006-01-02 15:04:05.999999"

// MarshalText writes the time as a clock shows it; an absent one is empty.
func (t Time) MarshalText() ([]byte, error) {
	if t == 0 {
		return nil, nil
	}
	return time.UnixMicro(int64(t)).UTC().AppendFormat(nil, clock), nil
}

// UnmarshalText reads what MarshalText writes. Its error does not quote the text.
func (t *Time) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*t = 0
		return nil
	}
	at, err := time.Parse(clock, string(text))
	if err != nil {
		return errors.New("want a time as 2180-05-06 22:23:00")
	}
	*t = Time(at.UnixMicro())
	return nil
}

// Column is one field of a row, by the name it has in the table.
type Column struct {
	Name  string
	Value any  // nil where the table has null
	PHI   bool // note text or tokens: withheld unless asked for
}

// Columns lists the fields of a row struct in the table's order.
func Columns(row any) iter.Seq[Column] {
	return func(yield func(Column) bool) { yieldColumns(reflect.ValueOf(row), yield) }
}

func yieldColumns(row reflect.Value, yield func(Column) bool) bool {
	for i := range row.NumField() {
		f := row.Type().Field(i)
		if f.Anonymous {
			if !yieldColumns(row.Field(i), yield) {
				return false
			}
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("parquet"), ",")
		value := row.Field(i).Interface()
		if options == "optional" && row.Field(i).IsZero() {
			value = nil
		}
		if !yield(Column{name, value, f.Tag.Get("phi") == "true"}) {
			return false
		}
	}
	return true
}
