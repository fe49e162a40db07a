package parquet

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/exit"
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
	got, want := read[everyType](t, dir, "pyarrow.parquet", 500), []everyType(nil)
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

const canary = "canary7f3a"

// FuzzTable feeds the decoder what the sha256 would have refused: it must neither
// panic nor take memory for rows that are not there.
func FuzzTable(f *testing.F) {
	folder := f.TempDir()
	dir, err := store.Open(folder)
	must(f, err)
	var rows []everyType
	for i := range 40 {
		rows = append(rows, everyType{K: canary + strings.Repeat(" seen", i), B: int64(i), I: make([]int32, i)})
	}
	write(f, dir, "whole.parquet", rows)
	whole, err := os.ReadFile(filepath.Join(folder, "whole.parquet"))
	must(f, err)
	f.Add(0, byte(1))
	f.Add(len(whole)-6, byte(0xff)) // the footer's length
	for at := 1; at < len(whole); at += len(whole) / 40 {
		f.Add(at, byte(0x81))
	}
	f.Fuzz(func(t *testing.T, at int, flip byte) {
		data := []byte(string(whole))
		data[uint(at)%uint(len(data))] ^= flip
		must(t, os.WriteFile(filepath.Join(folder, "part.parquet"), data, 0o600))
		r, err := Open(t.Context(), dir, "part.parquet")
		if err == nil {
			_, err = group[everyType](r, 0, 40, nil)
			r.Close()
		}
		if err != nil && (exit.Of(err) != exit.BadData || strings.Contains(err.Error(), canary)) {
			t.Errorf("exit code %d, error %q", exit.Of(err), err)
		}
	})
}
