package ingest

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset/extsort"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/rawcsv"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
)

// FuzzScan reads any bytes as each file of MIMIC-IV and MIMIC-III: every record is kept, left
// out or quarantined, and a file that cannot be read is bad data.
func FuzzScan(f *testing.F) {
	tables := slices.Concat(mimicIV.tables, mimicIII.tables)
	for i, t := range tables {
		f.Add(i, []byte(t.place().files[0]+"\n"))
	}
	dir, err := store.Open(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, i int, data []byte) {
		raw := tables[uint(i)%uint(len(tables))]
		spill := extsort.NewSpill(dir, 2, 0, nil)
		defer spill.Abort()
		err := raw.scan(t.Context(), stages.RawFile{Name: "file.csv"}, bytes.NewReader(data), 1, spill)
		if err != nil {
			if exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), "file.csv") {
				t.Errorf("exit code %d, error %q", exit.Of(err), err)
			}
			return
		}
		runs, counts, err := spill.Close()
		if err != nil {
			t.Fatal(err)
		}
		rows := counts["skipped"]
		for _, run := range runs {
			rows += run.Rows
		}
		if err := dir.RemoveAll(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		if counts["read"] != rows {
			t.Errorf("%d records were read, %d came of them", counts["read"], rows)
		}
	})
}

// A file that was there when the files were listed and is gone when it is read
// is named.
func TestAFileThatVanishes(t *testing.T) {
	root := t.TempDir()
	for _, raw := range mimicIV.tables {
		path := filepath.Join(root, raw.place().files[0]+rawcsv.SuffixGzip)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dir, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	source := newSource(stages.Default, mimicIV, Config{Notes: true, Shards: 1}, root, "")
	files, err := source.Files(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(root); err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		spill := extsort.NewSpill(dir, 1, file.Index, nil)
		err := source.Scan(t.Context(), file, spill)
		spill.Abort()
		if exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), filepath.Join(root, file.Name)) {
			t.Errorf("%s: exit code %d, error %v", file.Name, exit.Of(err), err)
		}
	}
}
