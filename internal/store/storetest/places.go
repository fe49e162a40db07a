package storetest

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"strings"
	"sync"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

func anyPlace(t *testing.T, dir store.Dir) {
	const size = 7<<20 + 5
	whole := pattern(size)
	write(t, dir, "file", string(whole))
	f, err := dir.OpenAt(t.Context(), "file")
	must(t, err)
	defer f.Close()
	want(t, "the size", int64(size), f.Size())
	for _, at := range []struct{ off, length int }{
		{0, 10}, {10, 10}, {size - 8, 8}, {size - 400<<10, 300 << 10}, {1 << 20, 3 << 20}, {4 << 20, 1 << 20}, {5 << 20, 2<<20 + 5}, {0, size}, {3, 0},
	} {
		piece := make([]byte, at.length)
		n, err := f.ReadAt(piece, int64(at.off))
		if n != at.length || err != nil && err != io.EOF || !bytes.Equal(piece, whole[at.off:at.off+at.length]) {
			t.Errorf("%d bytes at %d: %d, %v, or others", at.length, at.off, n, err)
		}
		again := make([]byte, at.length)
		if _, err := store.ReadRange(t.Context(), dir, "file", again, int64(at.off)); err != nil && err != io.EOF || !bytes.Equal(again, piece) {
			t.Errorf("a range of %d bytes at %d: %v, or others", at.length, at.off, err)
		}
	}
	if n, err := f.ReadAt(make([]byte, 10), size-4); n != 4 || err != io.EOF {
		t.Errorf("past the end: %d, %v", n, err)
	}
	if n, err := store.ReadRange(t.Context(), dir, "file", make([]byte, 10), size-4); n != 4 || err != io.EOF {
		t.Errorf("a range past the end: %d, %v", n, err)
	}
	for _, start := range []int64{0, 3 << 20, size - 7, size, 12} {
		_, err := f.Seek(start, io.SeekStart)
		must(t, err)
		rest, err := io.ReadAll(f)
		if err != nil || !bytes.Equal(rest, whole[start:]) {
			t.Errorf("read on from %d: %d bytes, %v", start, len(rest), err)
		}
	}
	if end, err := f.Seek(-5, io.SeekEnd); end != size-5 || err != nil {
		t.Errorf("5 before the end: %d, %v", end, err)
	}
	if _, err := f.Seek(-1, io.SeekStart); err == nil {
		t.Error("sought before the start")
	}
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			piece := make([]byte, 1000)
			if _, err := f.ReadAt(piece, int64(i)*900_000); err != nil || !bytes.Equal(piece, whole[i*900_000:][:1000]) {
				t.Errorf("one of many readers at once: %v", err)
			}
		})
	}
	wait.Wait()
}

func listing(t *testing.T, dir store.Dir) {
	for _, name := range []string{"b/2", "b/10", "a", "b/c/1", "bb"} {
		write(t, dir, name, name)
	}
	for prefix, wanted := range map[string][]string{
		"":      {"a", "b/10", "b/2", "b/c/1", "bb"},
		"b":     {"b/10", "b/2", "b/c/1", "bb"},
		"b/":    {"b/10", "b/2", "b/c/1"},
		"b/1":   {"b/10"},
		"b/c":   {"b/c/1"},
		"none":  nil,
		"no/ne": nil,
	} {
		want(t, "with "+prefix, wanted, names(t, dir, prefix))
	}
	want(t, "of a folder inside", []string{"1"}, names(t, dir.Sub("b/c"), ""))
	want(t, "of none", []string(nil), names(t, dir.Sub("none"), ""))
}

func inside(t *testing.T, dir store.Dir) {
	write(t, dir, "secret", "x")
	dir = dir.Sub("inside")
	write(t, dir, "a", "")
	for _, name := range []string{"../secret", "a/../../secret", "/etc/hostname"} {
		_, open := dir.Open(t.Context(), name)
		_, at := dir.OpenAt(t.Context(), name)
		_, create := dir.Create(t.Context(), name)
		_, anew := dir.CreateNew(t.Context(), name)
		_, stat := dir.Stat(t.Context(), name)
		for call, err := range map[string]error{
			"Open": open, "OpenAt": at, "Create": create, "CreateNew": anew, "Stat": stat,
			"RemoveAll": dir.RemoveAll(t.Context(), name), "Rename to it": dir.Rename(t.Context(), "a", name), "Rename it": dir.Rename(t.Context(), name, "a"),
		} {
			if exit.Of(err) != exit.BadData {
				t.Errorf("%s(%s): %v", call, name, err)
			}
		}
	}
}

func renameFile(t *testing.T, dir store.Dir) {
	write(t, dir, "old", "text")
	write(t, dir, "older", "not meant")
	must(t, dir.Rename(t.Context(), "old", "new"))
	want(t, "the files", []string{"new", "older"}, names(t, dir, ""))
	want(t, "the text", "text", read(t, dir, "new"))
	for _, none := range []string{"none", "none/at/all", "old"} {
		if err := dir.Rename(t.Context(), none, "x"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("what is not there: %v", err)
		}
	}
}

func renameFolder(t *testing.T, dir store.Dir) {
	files := []string{"manifest.json", "rows/part-0", "rows/part-1"}
	for _, name := range files {
		write(t, dir, "steps/a/"+name, name)
	}
	write(t, dir, "steps/ab/manifest.json", "another step's")
	must(t, dir.Rename(t.Context(), "steps/a", "steps/b"))
	want(t, "the new folder", files, names(t, dir.Sub("steps/b"), ""))
	want(t, "a part", "rows/part-1", read(t, dir, "steps/b/rows/part-1"))
	want(t, "the old folder", []string(nil), names(t, dir, "steps/a/"))
	want(t, "its neighbour", "another step's", read(t, dir, "steps/ab/manifest.json"))
	if err := dir.Rename(t.Context(), "steps/b", "steps/ab"); err == nil {
		t.Error("a folder was renamed over another")
	}
}

func removing(t *testing.T, dir store.Dir) {
	for _, name := range []string{"a", "ab", "b/manifest.json", "b/part", "b/c/part", "bc/part"} {
		write(t, dir, name, name)
	}
	must(t, dir.RemoveAll(t.Context(), "a"))
	must(t, dir.RemoveAll(t.Context(), "b"))
	must(t, dir.RemoveAll(t.Context(), "b"))
	want(t, "what is left", []string{"ab", "bc/part"}, names(t, dir, ""))
	must(t, dir.RemoveAll(t.Context(), ""))
	must(t, dir.RemoveAll(t.Context(), ""))
	want(t, "of the whole folder", []string(nil), names(t, dir, ""))
}

func missing(t *testing.T, dir store.Dir) {
	_, open := dir.Open(t.Context(), "none")
	_, at := dir.OpenAt(t.Context(), "none")
	_, stat := dir.Stat(t.Context(), "none")
	_, itself := dir.Sub("none").Stat(t.Context(), "")
	_, piece := store.ReadRange(t.Context(), dir, "none", make([]byte, 1), 0)
	for call, err := range map[string]error{"Open": open, "OpenAt": at, "Stat": stat, "Stat of the folder": itself, "ReadRange": piece} {
		if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), dir.URI()+"/none") {
			t.Errorf("%s: %v", call, err)
		}
	}
	write(t, dir, "folder/file", "")
	info, err := dir.Sub("folder").Stat(t.Context(), "")
	if err != nil || !info.Mode.IsDir() {
		t.Errorf("a folder: %+v, %v", info, err)
	}
	info, err = dir.Sub("folder/file").Stat(t.Context(), "")
	if err != nil || !info.Mode.IsRegular() {
		t.Errorf("a file: %+v, %v", info, err)
	}
}
