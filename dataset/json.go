package dataset

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/dataset/parquet"
	"github.com/clinflow/clinflow/internal/exit"
)

// RowJSON is a row as one JSON object, its keys the columns named in the order of the
// table. Note text and tokens are withheld unless they are to be shown.
func RowJSON(row any, columns []string, showText bool) ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for column := range parquet.Columns(row) {
		if !slices.Contains(columns, column.Name) {
			continue
		}
		if column.PHI && !showText {
			column.Value = "withheld, see --show-text"
		}
		text, err := json.Marshal(column.Value)
		if err != nil {
			return nil, fmt.Errorf("column %s has no JSON form", column.Name)
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%s", column.Name, text)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// WriteRowJSON writes a row of a registered table that is given as RowJSON shows it.
// A column that is not given has its zero value.
func WriteRowJSON(p *PartWriter, table string, object []byte) error {
	t, known := tables[table]
	if !known {
		return exit.Errorf(exit.Usage, "table %s is unknown to this program", table)
	}
	return t.writeJSON(p, table, object)
}

func writeJSON[T any](p *PartWriter, table string, object []byte) error {
	var row T
	if err := setRow(reflect.ValueOf(&row).Elem(), table, object); err != nil {
		return err
	}
	rows, err := Rows[T](p, table)
	if err != nil {
		return err
	}
	return rows.Write(row)
}

func setRow(row reflect.Value, table string, object []byte) error {
	var given map[string]json.RawMessage
	if json.Unmarshal(object, &given) != nil {
		return exit.Errorf(exit.BadData, "table %s: a row is not a JSON object", table)
	}
	if err := setColumns(row, given); err != nil {
		return exit.Errorf(exit.BadData, "table %s: %w", table, err)
	}
	for name := range given {
		return exit.Errorf(exit.BadData, "table %s has no column %s", table, name)
	}
	return nil
}

// setColumns sets a row's fields and deletes their columns from those given.
func setColumns(row reflect.Value, given map[string]json.RawMessage) error {
	for i := range row.NumField() {
		f := row.Type().Field(i)
		if f.Anonymous {
			if err := setColumns(row.Field(i), given); err != nil {
				return err
			}
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("parquet"), ",")
		text, ok := given[name]
		if ok && json.Unmarshal(text, row.Field(i).Addr().Interface()) != nil {
			return fmt.Errorf("column %s holds no %s", name, f.Type)
		}
		delete(given, name)
	}
	return nil
}
