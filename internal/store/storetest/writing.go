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

	"github.com/clinflow/clinflow/internal/store"
)

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
