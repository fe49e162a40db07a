package columns_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset/parquet"
	"github.com/clinflow/clinflow/internal/columns"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// The same rows come of both kinds of files, but that CSV has no lists and no nulls.
func TestRows(t *testing.T) {
	folder := t.TempDir()
	csv := "Age,ID,Labels\n30,7,a\n40,,\n50,9\n"
	if err := os.WriteFile(filepath.Join(folder, "a.csv"), []byte(csv), 0o600); err != nil {
		t.Fatal(err)
	}
	writeParquet(t, folder, "a.parquet")
	for name, want := range map[string][]columns.Row{
		"a.csv": {
			{Number: 1, Cells: [][]string{{"a"}, {"7"}}}, {Number: 2, Cells: [][]string{{""}, {""}}}, {Number: 3, Bad: "field_count"},
		},
		"a.parquet": {{Number: 1, Cells: [][]string{{"1", "2"}, {"7"}}}, {Number: 2, Cells: [][]string{nil, nil}}},
	} {
		file, err := columns.Open(t.Context(), filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if err := file.Find("labels", "id"); err != nil || file.Lists() != (name == "a.parquet") {
			t.Error(name, err)
		}
		if err := file.Find("id", "sex"); exit.Of(err) != exit.BadData || file.Has("sex") {
			t.Errorf("%s: a column that is not there: %v", name, err)
		}
		var got []columns.Row
		for row, err := range file.Rows(t.Context(), "labels", "id") {
			if err != nil {
				t.Fatal(name, err)
			}
			got = append(got, row)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if row := (columns.Row{Cells: [][]string{{"a", "b"}, nil}}); row.Text(0) != "ab" || row.Text(1) != "" || row.Text(2) != "" {
		t.Error("the text of a cell")
	}
	for name, is := range map[string]func(error) bool{
		"none.csv":     func(err error) bool { return errors.Is(err, fs.ErrNotExist) },
		"none.parquet": func(err error) bool { return errors.Is(err, fs.ErrNotExist) },
		"a.xlsx":       func(err error) bool { return exit.Of(err) == exit.Usage },
	} {
		if _, err := columns.Open(t.Context(), filepath.Join(folder, name)); !is(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func writeParquet(t *testing.T, folder, name string) {
	t.Helper()
	type row struct {
		ID     int64   `parquet:"id,optional"`
		Labels []int32 `parquet:"labels"`
	}
	dir, err := store.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	w, err := parquet.Create[row](t.Context(), dir, name)
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(w.Write(row{7, []int32{1, 2}}), w.Write(row{}))
	if _, failed := w.Commit(); err != nil || failed != nil {
		t.Fatal(err, failed)
	}
}
