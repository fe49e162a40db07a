package parquet

import (
	"errors"
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

// readTexts reads some columns as text, and no more rows than so small a file can name.
func readTexts(t *testing.T, r *Reader) (err error) {
	for _, column := range []string{"b", "i", "k"} {
		rows := 0
		for _, failed := range Texts(t.Context(), r, column) {
			if err = errors.Join(err, failed); failed != nil || rows > 1e5 {
				break
			}
			rows++
		}
	}
	return err
}

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
	f.Add(1276, byte(1))            // a column's offset, which becomes negative
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
			err = errors.Join(err, readTexts(t, r))
			r.Close()
		}
		if err != nil && (exit.Of(err) != exit.BadData || strings.Contains(err.Error(), canary)) {
			t.Errorf("exit code %d, error %q", exit.Of(err), err)
		}
	})
}

// Texts tells the values of columns of all types that pyarrow wrote.
func TestTextsOfWhatPyarrowWrites(t *testing.T) {
	dir, err := store.Open("testdata")
	must(t, err)
	r, err := Open(t.Context(), dir, "pyarrow.parquet")
	must(t, err)
	defer r.Close()
	for column, want := range map[string]func(everyType) []string{
		"a": func(row everyType) []string { return []string{fmt.Sprint(row.A)} },
		"b": func(row everyType) []string { return known(row.B != 0, fmt.Sprint(row.B)) },
		"c": func(row everyType) []string { return []string{row.C} },
		"e": func(row everyType) []string { return []string{fmt.Sprint(row.E)} },
		"i": func(row everyType) (texts []string) {
			for _, v := range row.I {
				texts = append(texts, fmt.Sprint(v))
			}
			return texts
		},
	} {
		n := 0
		for got, err := range Texts(t.Context(), r, column) {
			must(t, err)
			if diff := cmp.Diff(want(pyarrowRow(n)), got); diff != "" {
				t.Fatalf("column %s, row %d: %s", column, n, diff)
			}
			n++
		}
		if n != 500 {
			t.Errorf("column %s has %d rows", column, n)
		}
	}
	for _, err := range Texts(t.Context(), r, "nowhere") {
		if exit.Of(err) != exit.BadData {
			t.Error(err)
		}
	}
}

func known(is bool, text string) []string {
	if !is {
		return nil
	}
	return []string{text}
}
