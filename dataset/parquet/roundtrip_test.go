package parquet

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/clinflow/clinflow/internal/store"
)

// Origin is a struct whose fields are columns of the rows that embed it.
type Origin struct {
	SourceFile int32 `parquet:"source_file"`
	SourceRow  int64 `parquet:"source_row"`
}

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

// write leaves rows in a file of a folder.
func write[T any](t testing.TB, dir store.Dir, name string, rows []T) Info {
	t.Helper()
	w, err := Create[T](t.Context(), dir, name)
	must(t, err)
	for _, row := range rows {
		must(t, w.Write(row))
	}
	info, err := w.Commit()
	must(t, err)
	return info
}

// read reads what must be count rows.
func read[T any](t testing.TB, dir store.Dir, name string, count int64) (rows []T) {
	t.Helper()
	r, err := Open(t.Context(), dir, name)
	must(t, err)
	defer r.Close()
	for row, err := range Rows[T](t.Context(), r, count) {
		must(t, err)
		rows = append(rows, row)
	}
	return rows
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestRowsComeBack(t *testing.T) {
	folder, err := store.Open(t.TempDir())
	must(t, err)
	dir := store.Volatile(folder)
	rapid.Check(t, func(r *rapid.T) {
		rows := orNil(rapid.SliceOfN(rapid.Custom(anyRow), 0, 60).Draw(r, "rows"))
		info := write(t, dir, "rows.parquet", rows)
		if info.Rows != int64(len(rows)) {
			r.Fatalf("the file says %d rows, %d were written", info.Rows, len(rows))
		}
		if sum, size, err := store.SHA256(t.Context(), dir, "rows.parquet"); err != nil || sum != info.SHA256 || size != info.Bytes {
			r.Fatalf("the file is of %d bytes and sha256 %s, its writer said %+v", size, sum, info)
		}
		if diff := cmp.Diff(rows, read[everyType](t, dir, "rows.parquet", info.Rows), bits); diff != "" {
			r.Fatal(diff)
		}
	})
}

// bits compares floats by their bits: NaN is a value like any other here.
var bits = cmp.Options{
	cmp.Comparer(func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) || a == 0 && b == 0 }),
	cmp.Comparer(func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) || a == 0 && b == 0 }),
}
