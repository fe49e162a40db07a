package dataset

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/store"
)

// pyarrowRow is row n of oracle/parquet_golden.py.
func pyarrowRow(n int) everyType {
	row := everyType{
		A: int32(n*n - 1000), C: fmt.Sprint("category ", n/50), D: strings.Repeat("ü", n%7), E: n%5 == 0,
		F: float32(n) / 8, K: strings.Repeat("word ", n), Origin: Origin{3, int64(n + 1)},
	}
	if n%3 != 0 {
		row.B = int64(n) * 1e15
	}
	if n%4 != 0 {
		row.G = -float64(n) / 16
	}
	if n%2 != 0 {
		row.H = Time(7e15 + int64(n))
	}
	for i := range n % 11 {
		row.I = append(row.I, int32(i))
	}
	for range n % 3 {
		row.J = append(row.J, float32(n)/2)
	}
	return row
}

// The file has dictionaries, pages of version 2 and several pages a column:
// encodings that this package's own writer does not choose.
func TestReadsWhatPyarrowWrites(t *testing.T) {
	dir, err := store.Open("testdata")
	must(t, err)
	table, err := openTable(t.Context(), dir, "pyarrow.parquet")
	must(t, err)
	defer table.close()
	var got, want []everyType
	for index := range table.file.NumRowGroups() {
		rows, err := group[everyType](table, index, 500, nil)
		must(t, err)
		got = append(got, rows...)
	}
	for n := range 500 {
		want = append(want, pyarrowRow(n))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	for _, row := range got { // lists of one row group share memory, and must not show it
		_ = append(row.I, -1)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("appending to one row's list changed another's: %s", diff)
	}
}
