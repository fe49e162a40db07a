package store

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/exit"
)

func open(t *testing.T, uri string) Dir {
	t.Helper()
	dir, err := Open(uri)
	must(t, err)
	return dir
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, dir Dir, name, text string) {
	t.Helper()
	f, err := dir.Create(t.Context(), name)
	must(t, err)
	defer f.Abort()
	_, err = io.WriteString(f, text)
	must(t, err)
	must(t, f.Commit())
}

func names(t *testing.T, dir Dir, prefix string) []string {
	t.Helper()
	infos, err := dir.List(t.Context(), prefix)
	must(t, err)
	var all []string
	for _, info := range infos {
		all = append(all, info.Name)
	}
	return all
}

func TestOpenKnowsSchemes(t *testing.T) {
	for uri, want := range map[string]string{"/a/b": "/a/b", "/a/../b/": "/b", "file:///a": "/a"} {
		if got := open(t, uri).URI(); got != want {
			t.Errorf("Open(%s).URI() = %s, want %s", uri, got, want)
		}
	}
	for _, uri := range []string{"", "gs://bucket/x", "http://host", "s3://bucket/x", "az://container/x", "abfs://x", "wasb://x", "hdfs://x"} {
		if _, err := Open(uri); exit.Of(err) != exit.Usage {
			t.Errorf("Open(%q): exit code %d, want %d", uri, exit.Of(err), exit.Usage)
		}
	}
	if _, err := Open("s3://bucket/x"); err == nil || !strings.Contains(err.Error(), "Amazon S3 is not read; copy it to") {
		t.Errorf("what to do instead is not told: %v", err)
	}
	if again := open(t, open(t, "relative").URI()).URI(); !filepath.IsAbs(again) || filepath.Base(again) != "relative" {
		t.Errorf("a relative path became %s", again)
	}
}

func TestAFileIsWholeOrAbsent(t *testing.T) {
	dir := open(t, filepath.Join(t.TempDir(), "not", "yet"))
	t.Run("durable", func(t *testing.T) { wholeOrAbsent(t, dir.Sub("a")) })
	t.Run("volatile", func(t *testing.T) { wholeOrAbsent(t, Volatile(dir).Sub("b")) })
}

func wholeOrAbsent(t *testing.T, dir Dir) {
	f, err := dir.Create(t.Context(), "sub/file")
	must(t, err)
	_, err = io.WriteString(f, "half")
	must(t, err)
	if _, err := dir.Stat(t.Context(), "sub/file"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file before Commit: %v", err)
	}
	if left := names(t, dir, ""); len(left) != 1 || !IsTemporary(left[0]) {
		t.Errorf("what a killed process leaves is not known as temporary: %v", left)
	}
	f.Abort()
	if left := names(t, dir, ""); len(left) != 0 {
		t.Errorf("Abort left %v", left)
	}
	write(t, dir, "sub/file", "first")
	f, err = dir.Create(t.Context(), "sub/file")
	must(t, err)
	f.Abort()
	if got := read(t, dir, "sub/file"); got != "first" {
		t.Errorf("an aborted rewrite left %q", got)
	}
	write(t, dir, "sub/file", "second")
	if got := read(t, dir, "sub/file"); got != "second" {
		t.Errorf("a rewrite left %q", got)
	}
}

func read(t *testing.T, dir Dir, name string) string {
	t.Helper()
	f, err := dir.Open(t.Context(), name)
	must(t, err)
	defer f.Close()
	data, err := io.ReadAll(f)
	must(t, err)
	return string(data)
}

func TestCommitAndAbortTwice(t *testing.T) {
	dir := open(t, t.TempDir())
	f, err := dir.Create(t.Context(), "file")
	must(t, err)
	must(t, f.Commit())
	f.Abort()
	if err := f.Commit(); err == nil {
		t.Error("a file was committed twice")
	}
	if got := names(t, dir, ""); len(got) != 1 {
		t.Errorf("after Commit and Abort there are %v", got)
	}
}

func TestListIsSortedAndRecursive(t *testing.T) {
	dir := open(t, t.TempDir())
	for _, name := range []string{"b/2", "b/10", "a", "b/c/1", "bb"} {
		write(t, dir, name, name)
	}
	for prefix, want := range map[string][]string{
		"":      {"a", "b/10", "b/2", "b/c/1", "bb"},
		"b":     {"b/10", "b/2", "b/c/1", "bb"},
		"b/":    {"b/10", "b/2", "b/c/1"},
		"b/c":   {"b/c/1"},
		"none":  nil,
		"no/ne": nil,
	} {
		if diff := cmp.Diff(want, names(t, dir, prefix)); diff != "" {
			t.Errorf("List(%q): %s", prefix, diff)
		}
	}
	info, err := dir.Sub("b").Stat(t.Context(), "c/1")
	must(t, err)
	if info.Name != "c/1" || info.Size != 5 {
		t.Errorf("Stat in a Sub: %+v", info)
	}
	must(t, dir.RemoveAll(t.Context(), "b"))
	must(t, dir.RemoveAll(t.Context(), "b"))
	if diff := cmp.Diff([]string{"a", "bb"}, names(t, dir, "")); diff != "" {
		t.Error(diff)
	}
}

func TestNamesStayInside(t *testing.T) {
	parent := t.TempDir()
	must(t, os.WriteFile(filepath.Join(parent, "secret"), []byte("x"), 0o600))
	dir := open(t, filepath.Join(parent, "inside"))
	for _, name := range []string{"../secret", "a/../../secret", "/etc/hostname"} {
		_, open := dir.Open(t.Context(), name)
		_, at := dir.OpenAt(t.Context(), name)
		_, create := dir.Create(t.Context(), name)
		_, stat := dir.Stat(t.Context(), name)
		for call, err := range map[string]error{
			"Open": open, "OpenAt": at, "Create": create, "Stat": stat, "RemoveAll": dir.RemoveAll(t.Context(), name),
		} {
			if exit.Of(err) != exit.BadData {
				t.Errorf("%s(%s): exit code %d, want %d", call, name, exit.Of(err), exit.BadData)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(parent, "secret")); err != nil {
		t.Error("a file outside the folder is gone")
	}
}

func TestErrorsNameThePath(t *testing.T) {
	folder := t.TempDir()
	dir := open(t, folder)
	write(t, dir, "file", "")
	_, missing := dir.Open(t.Context(), "missing")
	_, under := dir.Create(t.Context(), "file/below")
	_, isFolder := open(t, filepath.Dir(folder)).Open(t.Context(), filepath.Base(folder))
	for _, err := range []error{missing, under, isFolder} {
		if err == nil || !strings.Contains(err.Error(), folder) {
			t.Errorf("error %v does not name %s", err, folder)
		}
	}
}

func TestReadAt(t *testing.T) {
	dir := open(t, t.TempDir())
	write(t, dir, "digits", "0123456789")
	f, err := dir.OpenAt(t.Context(), "digits")
	must(t, err)
	defer f.Close()
	part := make([]byte, 3)
	_, err = f.ReadAt(part, 4)
	must(t, err)
	if f.Size() != 10 || string(part) != "456" {
		t.Errorf("size %d, bytes 4 to 6 are %q", f.Size(), part)
	}
}

// A file that another of its length and time is moved over has another version.
func TestAFileMovedOverAnotherHasAVersionOfItsOwn(t *testing.T) {
	folder, at := t.TempDir(), time.Unix(1e9, 0)
	dir := open(t, folder)
	for _, name := range []string{"file", "other"} {
		write(t, dir, name, "four")
		must(t, os.Chtimes(filepath.Join(folder, name), at, at))
	}
	before, err := dir.Stat(t.Context(), "file")
	must(t, err)
	must(t, dir.Rename(t.Context(), "other", "file"))
	after, err := dir.Stat(t.Context(), "file")
	must(t, err)
	if before.Size != after.Size || !before.ModTime.Equal(after.ModTime) || before.Version == after.Version {
		t.Errorf("%+v, then %+v", before, after)
	}
}
