package parquet

import (
	"iter"
	"reflect"
	"strings"
)

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
