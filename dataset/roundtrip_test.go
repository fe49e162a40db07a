package dataset

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/clinflow/clinflow/internal/store"
)

// everyType has a column of each type that a row may hold.
type everyType struct {
	A int32     `parquet:"a"`
	B int64     `parquet:"b,optional"`
	C string    `parquet:"c"`
	D string    `parquet:"d,optional"`
	E bool      `parquet:"e"`
	F float32   `parquet:"f"`
	G float64   `parquet:"g,optional"`
	H Time      `parquet:"h,optional"`
	I []int32   `parquet:"i"`
	J []float32 `parquet:"j"`
	K string    `parquet:"k,plain"`
	Origin
}

func init() {
	RegisterTable[everyType]("every_type", 1)
	RegisterTable[everyType]("other", 1)
}

// orNil: a column does not tell an empty list from none.
func orNil[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}

// newWriter begins a dataset in a folder of its own.
func newWriter(t testing.TB, parts int, declared ...string) *Writer {
	t.Helper()
	w := writerAt(t, filepath.Join(t.TempDir(), "dataset"), parts)
	must(t, w.SetTables(declared...))
	return w
}

// writerAt does not wait for the disk: no test cuts the power.
func writerAt(t testing.TB, folder string, parts int) *Writer {
	t.Helper()
	w, err := NewWriter(t.Context(), folder, KindPatients, parts)
	must(t, err)
	w.dir = store.Volatile(w.dir)
	return w
}

func must(t interface {
	Helper()
	Fatal(...any)
}, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func writePart[T any](t testing.TB, w *Writer, table string, part int, rows []T) PartResult {
	t.Helper()
	p := w.Part(part)
	out, err := Rows[T](p, table)
	must(t, err)
	for _, row := range rows {
		must(t, out.Write(row))
	}
	result, err := p.Close()
	must(t, err)
	return result
}

func commit(t testing.TB, w *Writer) *Dataset {
	t.Helper()
	must(t, w.Commit(t.Context(), Manifest{Stage: "test", Config: json.RawMessage(`{"b":1,"a":2}`)}, nil))
	d, err := Open(t.Context(), w.URI())
	must(t, err)
	return d
}

func readAll[T any](t testing.TB, d *Dataset, table string, part int) []T {
	t.Helper()
	var rows []T
	for row, err := range Read[T](t.Context(), d, table, part) {
		must(t, err)
		rows = append(rows, row)
	}
	return rows
}
