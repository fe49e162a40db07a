// Package storetest holds every store to the contract of store.Dir: the same tests for a
// folder of this machine and for one of a bucket.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// Contract tests a store, of which open gives an empty folder each time.
func Contract(t *testing.T, open func(t *testing.T) store.Dir) {
	for name, test := range map[string]func(*testing.T, store.Dir){
		"its URI leads to it":             uri,
		"a file is whole or absent":       wholeOrAbsent,
		"a new file has one winner":       createNew,
		"many sizes are read as written":  sizes,
		"a reader reads at any place":     anyPlace,
		"a listing is sorted":             listing,
		"names stay inside":               inside,
		"a version tells of other bytes":  versions,
		"a version is replaced once":      replacing,
		"a file has another name":         renameFile,
		"a folder has another name":       renameFolder,
		"removing is thorough":            removing,
		"a lock is one's at a time":       locking,
		"a log keeps its lines":           logging,
		"a mark has one first":            marking,
		"what is missing is not there":    missing,
		"a text survives being sealed":    sealed,
		"a cancelled write leaves a file": cancelled,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, dir store.Dir, name, text string) {
	t.Helper()
	must(t, store.WriteFile(t.Context(), dir, name, []byte(text)))
}

func read(t *testing.T, dir store.Dir, name string) string {
	t.Helper()
	f, err := dir.Open(t.Context(), name)
	must(t, err)
	defer f.Close()
	text, err := io.ReadAll(f)
	must(t, err)
	return string(text)
}

func names(t *testing.T, dir store.Dir, prefix string) (all []string) {
	t.Helper()
	infos, err := dir.List(t.Context(), prefix)
	must(t, err)
	for _, info := range infos {
		all = append(all, info.Name)
	}
	return all
}

func want(t *testing.T, what string, wanted, got any) {
	t.Helper()
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func uri(t *testing.T, dir store.Dir) {
	write(t, dir, "a/b", "text")
	again, err := store.Open(dir.Sub("a").URI())
	must(t, err)
	want(t, "through the URI", "text", read(t, again, "b"))
	folder, name, err := store.FolderOf(dir.URI() + "/a/b")
	must(t, err)
	want(t, "the folder of a file", []string{dir.URI() + "/a", "b"}, []string{folder.URI(), name})
	itself, err := store.Open(dir.URI() + "/a/b")
	must(t, err)
	want(t, "the file of its own address", "text", read(t, itself, ""))
}

func wholeOrAbsent(t *testing.T, dir store.Dir) {
	for _, size := range []int{0, 5, 5 << 20} {
		f, err := dir.Create(t.Context(), "sub/file")
		must(t, err)
		_, err = f.Write(make([]byte, size))
		must(t, err)
		if _, err := dir.Stat(t.Context(), "sub/file"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a file of %d bytes before Commit: %v", size, err)
		}
		f.Abort()
		want(t, "after Abort", []string(nil), names(t, dir, ""))
	}
	write(t, dir, "sub/file", "first")
	write(t, dir, "sub/file", "second")
	want(t, "after a rewrite", "second", read(t, dir, "sub/file"))
	f, err := dir.Create(t.Context(), "sub/file")
	must(t, err)
	must(t, f.Commit())
	f.Abort()
	if f.Commit() == nil {
		t.Error("a file was committed twice")
	}
	want(t, "an empty file", "", read(t, dir, "sub/file"))
}

// createNew: of many writers at once one has the name, and its bytes stay.
func createNew(t *testing.T, dir store.Dir) {
	var wait sync.WaitGroup
	won := make([]bool, 16)
	for i := range won {
		wait.Go(func() {
			f, err := dir.CreateNew(t.Context(), "manifest.json")
			if err == nil {
				_, err = io.WriteString(f, strings.Repeat("x", i+1))
			}
			if err == nil {
				err = f.Commit()
			}
			if won[i] = err == nil; err != nil && !errors.Is(err, store.ErrExists) {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	winner := -1
	for i, w := range won {
		if w && winner >= 0 {
			t.Errorf("both %d and %d won", winner, i)
		}
		if w {
			winner = i
		}
	}
	want(t, "what is there", strings.Repeat("x", winner+1), read(t, dir, "manifest.json"))
	want(t, "what else is there", []string{"manifest.json"}, names(t, dir, ""))
	write(t, dir, "manifest.json", "written over")
	want(t, "after Create", "written over", read(t, dir, "manifest.json"))
}

// pattern differs at every place.
func pattern(size int) []byte {
	p := make([]byte, size)
	for i := range p {
		p[i] = byte(i*7 + i>>8*13 + i>>16*29)
	}
	return p
}

func sizes(t *testing.T, dir store.Dir) {
	for _, size := range []int{0, 1, 255<<10 + 1, 256 << 10, 4<<20 - 1, 4 << 20, 4<<20 + 1, 9<<20 + 3} {
		f, err := dir.Create(t.Context(), "file")
		must(t, err)
		_, err = io.Copy(struct{ io.Writer }{f}, bytes.NewReader(pattern(size))) // 32 KiB at a time
		must(t, err)
		must(t, f.Commit())
		if got := read(t, dir, "file"); got != string(pattern(size)) {
			t.Errorf("%d bytes are not what was written", size)
		}
		info, err := dir.Stat(t.Context(), "file")
		must(t, err)
		want(t, "the size", int64(size), info.Size)
	}
}

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

func versions(t *testing.T, dir store.Dir) {
	write(t, dir, "file", "first")
	before, err := dir.Stat(t.Context(), "file")
	must(t, err)
	infos, err := dir.List(t.Context(), "file")
	must(t, err)
	if len(infos) != 1 || infos[0].Version != before.Version || infos[0].Digest != before.Digest || before.Version == "" {
		t.Errorf("a listing tells %+v, Stat %+v", infos, before)
	}
	again, err := dir.Stat(t.Context(), "file")
	must(t, err)
	want(t, "the same file", before, again)
	write(t, dir, "file", "other")
	after, err := dir.Stat(t.Context(), "file")
	must(t, err)
	if after.Version == before.Version || before.Digest != "" && after.Digest == before.Digest {
		t.Errorf("other bytes of the same length: %+v was %+v", after, before)
	}
}

// replacing: who knew another version than is there does not write over it.
func replacing(t *testing.T, dir store.Dir) {
	replace := func(version, text string) error {
		f, err := dir.Replace(t.Context(), "file", version)
		must(t, err)
		defer f.Abort()
		_, err = io.WriteString(f, text)
		must(t, err)
		return f.Commit()
	}
	must(t, replace("", "first"))
	before, err := dir.Stat(t.Context(), "file")
	must(t, err)
	must(t, replace(before.Version, "second"))
	for _, version := range []string{"", before.Version} {
		if err := replace(version, "third"); !errors.Is(err, store.ErrExists) {
			t.Errorf("over version %q: %v", version, err)
		}
	}
	want(t, "what is there", "second", read(t, dir, "file"))
	must(t, dir.RemoveAll(t.Context(), "file"))
	if err := replace(before.Version, "third"); err == nil {
		t.Error("what is not there was replaced")
	}
	want(t, "what else is there", []string(nil), names(t, dir, ""))
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

func sealed(t *testing.T, dir store.Dir) {
	must(t, store.WriteSealed(t.Context(), dir, "state", []byte("text\n")))
	got, err := store.ReadSealed(t.Context(), dir, "state")
	must(t, err)
	want(t, "the text", "text\n", string(got))
	write(t, dir, "state", "other")
	if _, err := store.ReadSealed(t.Context(), dir, "state"); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("another text: %v", err)
	}
}

// cancelled: a reading that is given up ends, and a file is as it was.
func cancelled(t *testing.T, dir store.Dir) {
	write(t, dir, "file", "before")
	ctx, cancel := context.WithCancel(t.Context())
	f, err := dir.Create(ctx, "file")
	must(t, err)
	_, err = f.Write(make([]byte, 6<<20))
	must(t, err)
	cancel()
	f.Abort()
	want(t, "the file", "before", read(t, dir, "file"))
}
