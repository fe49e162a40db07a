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
)

// kinds are empty folders of every kind of Dir.
func kinds(t *testing.T) map[string]Dir {
	return map[string]Dir{
		"durable":  open(t, filepath.Join(t.TempDir(), "not", "yet")),
		"volatile": Volatile(open(t, t.TempDir())),
		"together": Together(open(t, t.TempDir())),
	}
}

func inEvery(t *testing.T, test func(t *testing.T, dir Dir)) {
	for kind, dir := range kinds(t) {
		t.Run(kind, func(t *testing.T) { test(t, dir) })
	}
}

func TestOneOfManyWritersOfANewFileWins(t *testing.T) {
	inEvery(t, func(t *testing.T, dir Dir) {
		const writers = 8
		var begun []File
		for range writers {
			f, err := dir.CreateNew(t.Context(), "sub/manifest.json")
			must(t, err)
			begun = append(begun, f)
		}
		won := make(chan string, writers)
		done := make(chan error, writers)
		for i, f := range begun {
			go func() {
				text := strings.Repeat("x", i)
				_, err := io.WriteString(f, text)
				if err = errors.Join(err, f.Commit()); err == nil {
					won <- text
				}
				done <- err
			}()
		}
		lost := 0
		for range writers {
			if err := <-done; errors.Is(err, ErrExists) {
				lost++
			} else if err != nil {
				t.Error(err)
			}
		}
		if lost != writers-1 {
			t.Fatalf("%d of %d lost", lost, writers)
		}
		if got, want := read(t, dir, "sub/manifest.json"), <-won; got != want {
			t.Errorf("%q is there, %q won", got, want)
		}
		if diff := cmp.Diff([]string{"sub/manifest.json"}, names(t, dir, "")); diff != "" {
			t.Error(diff)
		}
		write(t, dir, "sub/manifest.json", "written over")
		if got := read(t, dir, "sub/manifest.json"); got != "written over" {
			t.Errorf("Create left %q", got)
		}
	})
}

func TestAnAbortedNewFileIsNotThere(t *testing.T) {
	inEvery(t, func(t *testing.T, dir Dir) {
		f, err := dir.CreateNew(t.Context(), "file")
		must(t, err)
		f.Abort()
		if left := names(t, dir, ""); len(left) != 0 {
			t.Errorf("it left %v", left)
		}
	})
}

func TestRename(t *testing.T) {
	inEvery(t, func(t *testing.T, dir Dir) {
		for _, name := range []string{"steps/a/manifest.json", "steps/a/deep/part", "steps/ab/part", "file"} {
			write(t, dir, name, name)
		}
		must(t, dir.Rename(t.Context(), "steps/a", "steps/a.removed"))
		must(t, dir.Rename(t.Context(), "file", "other"))
		want := []string{"other", "steps/a.removed/deep/part", "steps/a.removed/manifest.json", "steps/ab/part"}
		if diff := cmp.Diff(want, names(t, dir, "")); diff != "" {
			t.Error(diff)
		}
		if got := read(t, dir, "steps/a.removed/deep/part"); got != "steps/a/deep/part" {
			t.Errorf("the renamed file holds %q", got)
		}
		for _, missing := range []string{"steps/a", "file", "none/at/all"} {
			if err := dir.Rename(t.Context(), missing, "new"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %v", missing, err)
			}
		}
		if err := dir.Rename(t.Context(), "other", "../outside"); err == nil {
			t.Error("a file was renamed out of the folder")
		}
	})
}

func TestStatTellsFilesFromFolders(t *testing.T) {
	inEvery(t, func(t *testing.T, dir Dir) {
		if _, err := dir.Sub("a").Stat(t.Context(), ""); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("of what is not there: %v", err)
		}
		write(t, dir, "a/b", "text")
		for name, want := range map[string]fs.FileMode{"a": fs.ModeDir, "a/b": 0} {
			info, err := dir.Sub(name).Stat(t.Context(), "")
			must(t, err)
			if info.Mode != want {
				t.Errorf("%s: mode %v, want %v", name, info.Mode, want)
			}
		}
		if got := read(t, dir.Sub("a/b"), ""); got != "text" {
			t.Errorf("the file at a Dir's own address holds %q", got)
		}
	})
}

func TestAVersionIsOfTheBytes(t *testing.T) {
	inEvery(t, func(t *testing.T, dir Dir) {
		version := func(name string) string {
			info, err := dir.Stat(t.Context(), name)
			must(t, err)
			infos, err := dir.List(t.Context(), name)
			must(t, err)
			for _, listed := range infos {
				if listed.Name == name && (listed.Version != info.Version || listed.Digest != info.Digest) {
					t.Errorf("Stat says %+v, List says %+v", info, listed)
				}
			}
			return info.Version
		}
		write(t, dir, "file", "one")
		first := version("file")
		if again := version("file"); first == "" || first != again {
			t.Errorf("the version of a file became %q, was %q", again, first)
		}
		write(t, dir, "file", "two")
		if second := version("file"); second == first {
			t.Errorf("other bytes of the same length have version %q too", second)
		}
	})
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

func TestOneHasALock(t *testing.T) {
	inEvery(t, func(t *testing.T, dir Dir) {
		write(t, dir, "runs/other", "") // makes the folder
		unlock, by, err := TryLock(t.Context(), dir, "runs/lock", "first")
		must(t, err)
		if unlock == nil || by != "" {
			t.Fatalf("a lock that nobody had is held by %q", by)
		}
		second, by, err := TryLock(t.Context(), dir, "runs/lock", "second")
		must(t, err)
		if second != nil || by != "first" {
			t.Errorf("taken twice; held by %q", by)
		}
		unlock()
		unlock, _, err = TryLock(t.Context(), dir, "runs/lock", "third")
		must(t, err)
		if unlock == nil {
			t.Fatal("a lock that was given back is held")
		}
		unlock()
	})
}

func TestALogGrows(t *testing.T) {
	inEvery(t, func(t *testing.T, dir Dir) {
		if _, err := ListLogs(t.Context(), dir, "runs"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("logs of no folder: %v", err)
		}
		write(t, dir, "runs/deep/file", "")
		for _, name := range []string{"runs/b.jsonl", "runs/a.jsonl"} {
			log, err := StartLog(t.Context(), dir, name)
			must(t, err)
			want := ""
			for i := range 12 {
				line := strings.Repeat(name, i) + "\n"
				must(t, log.Append([]byte(line)))
				want += line
				if got, err := ReadLog(t.Context(), dir, name); string(got) != want || err != nil {
					t.Fatalf("%q, %v after line %d", got, err, i+1)
				}
			}
			must(t, log.Close())
			if _, err := StartLog(t.Context(), dir, name); !errors.Is(err, ErrExists) {
				t.Errorf("a log was started twice: %v", err)
			}
		}
		got, err := ListLogs(t.Context(), dir, "runs")
		must(t, err)
		if diff := cmp.Diff([]string{"runs/a.jsonl", "runs/b.jsonl"}, got); diff != "" {
			t.Error(diff)
		}
		if _, err := ReadLog(t.Context(), dir, "runs/none"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a log that is not there: %v", err)
		}
	})
}
