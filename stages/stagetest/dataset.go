package stagetest

import (
	"path/filepath"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
)

// Table writes the rows of one table that belong to a part.
type Table func(t testing.TB, parts int, out *dataset.PartWriter)

// TableOf is a table whose rows, in their final order, go to the parts of their
// patients.
func TableOf[T any](name string, rows []T, subject func(T) int64) Table {
	return func(t testing.TB, parts int, out *dataset.PartWriter) {
		t.Helper()
		w, err := dataset.Rows[T](out, name)
		must(t, err)
		for _, row := range rows {
			if mimic.PartOf(subject(row), parts) == out.Part() {
				must(t, w.Write(row))
			}
		}
	}
}

// Dataset writes a dataset as a stage would leave it. Attributes are by name.
func Dataset(t testing.TB, kind string, parts int, attributes map[string]any, tables ...Table) *dataset.Dataset {
	t.Helper()
	uri := filepath.Join(t.TempDir(), kind)
	w, err := dataset.NewWriter(t.Context(), uri, kind, parts)
	must(t, err)
	for part := range parts {
		out := w.Part(part)
		for _, table := range tables {
			table(t, parts, out)
		}
		_, err := out.Close()
		must(t, err)
	}
	for name, value := range attributes {
		must(t, w.SetAttribute(name, value))
	}
	must(t, w.Commit(t.Context(), dataset.Manifest{}, nil))
	d, err := dataset.Open(t.Context(), uri)
	must(t, err)
	return d
}

// Rows reads a table whole, part by part.
func Rows[T any](t testing.TB, d *dataset.Dataset, table string) []T {
	t.Helper()
	var rows []T
	for part := range d.Parts() {
		for row, err := range dataset.Read[T](t.Context(), d, table, part) {
			must(t, err)
			rows = append(rows, row)
		}
	}
	return rows
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
