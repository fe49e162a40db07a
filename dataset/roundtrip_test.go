package dataset

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

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

func anyRow(t *rapid.T) everyType {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "a", "\x00\xff", strings.Repeat("long ", 9000)}))
	return everyType{
		A: rapid.Int32().Draw(t, "a"), B: rapid.Int64().Draw(t, "b"),
		C: text.Draw(t, "c"), D: text.Draw(t, "d"), E: rapid.Bool().Draw(t, "e"),
		F: rapid.Float32().Draw(t, "f"), G: rapid.Float64().Draw(t, "g"),
		H: Time(rapid.Int64().Draw(t, "h")),
		I: orNil(rapid.SliceOfN(rapid.Int32(), 0, 9).Draw(t, "i")),
		J: orNil(rapid.SliceOfN(rapid.Float32(), 0, 9).Draw(t, "j")),
		K: text.Draw(t, "k"), Origin: Origin{rapid.Int32().Draw(t, "file"), rapid.Int64().Draw(t, "row")},
	}
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

func TestRowsComeBack(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		folder, err := os.MkdirTemp(t.TempDir(), "")
		must(t, err)
		w := writerAt(t, filepath.Join(folder, "d"), 1)
		rows := orNil(rapid.SliceOfN(rapid.Custom(anyRow), 0, 60).Draw(r, "rows"))
		result := writePart(t, w, "every_type", 0, rows)
		d := commit(t, w)
		if got := result.Tables["every_type"].Rows; got != int64(len(rows)) {
			r.Fatalf("the part says %d rows, %d were written", got, len(rows))
		}
		if diff := cmp.Diff(rows, readAll[everyType](t, d, "every_type", 0), bits); diff != "" {
			r.Fatal(diff)
		}
	})
}

// bits compares floats by their bits: NaN is a value like any other here.
var bits = cmp.Options{
	cmp.Comparer(func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) || a == 0 && b == 0 }),
	cmp.Comparer(func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) || a == 0 && b == 0 }),
}
