package gs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/internal/store/gs/gstest"
)

const (
	parts     = 64
	partBytes = 1 << 30
)

// ways are how 64 parts of 1 GiB are read, and how many requests that makes, which
// docs/buckets.md tells.
var ctx = context.Background()

var ways = map[string]struct {
	requests int
	read     func(dir store.Dir, name string) error
}{
	"a sum of all bytes": {parts, func(dir store.Dir, name string) error {
		return drain(store.Dir.Open(dir, ctx, name))
	}},
	"a raw file": {2 * parts, func(dir store.Dir, name string) error {
		return drain(store.Dir.OpenAt(dir, ctx, name))
	}},
	"16 row groups of which 3 columns of 600 KiB are read": {(1 + 16*3) * parts, func(dir store.Dir, name string) error {
		return columns(dir, name, func(group, column int64) (off, length int64) { return group<<26 + column*5<<20, 600 << 10 })
	}},
	"16 row groups of which one column of 3 pages of 600 KiB is read": {(1 + 16*2) * parts, func(dir store.Dir, name string) error {
		return columns(dir, name, func(group, column int64) (off, length int64) { return group<<26 + column*600<<10, 600 << 10 })
	}},
	"a range of a run": {parts, func(dir store.Dir, name string) error {
		_, err := store.ReadRange(ctx, dir, name, make([]byte, 1<<20), 5<<20)
		return err
	}},
}

// drained is how much of a stream is read: of all of it the requests are as many, which
// the slow suite shows.
var drained int64 = 4 << 20

func TestRequestsAreCounted(t *testing.T) { countRequests(t) }

func countRequests(t *testing.T) {
	server := gstest.New(t)
	dir := bucket(t, gstest.URI("rows"))
	for part := range parts {
		server.Sparse(fmt.Sprintf("rows/part-%05d", part), partBytes)
	}
	for name, way := range ways {
		server.Requests()
		for part := range parts {
			if err := way.read(dir, fmt.Sprintf("part-%05d", part)); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if diff := cmp.Diff(map[string]int{"read": way.requests}, server.Requests()); diff != "" {
			t.Errorf("%s: requests (-want +got):\n%s", name, diff)
		}
	}
}

// columns reads a part as one of Parquet is: what its end tells, then three pieces of
// each row group.
func columns(dir store.Dir, name string, place func(group, column int64) (off, length int64)) error {
	f, err := dir.OpenAt(ctx, name)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.ReadAt(make([]byte, 8), f.Size()-8); err != nil {
		return err
	}
	if _, err := f.ReadAt(make([]byte, 64<<10), f.Size()-64<<10-8); err != nil {
		return err
	}
	for group := range int64(16) {
		for column := range int64(3) {
			off, length := place(group, column)
			if _, err := f.ReadAt(make([]byte, length), off); err != nil {
				return err
			}
		}
	}
	return nil
}

// Writing and listing: a small file is one request, a long one a request for 4 MiB and
// one to begin; a thousand files are listed by one.
func TestRequestsOfWriting(t *testing.T) {
	server := gstest.New(t)
	dir := bucket(t, gstest.URI("out"))
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	l, err := store.StartLog(t.Context(), dir, "before")
	must(err)
	must(errors.Join(l.Append([]byte("a line\n")), l.Close()))
	for name, step := range map[string]struct {
		do   func() error
		want map[string]int
	}{
		"a manifest":      {func() error { return putNew(dir, "manifest.json", text(1<<10)) }, map[string]int{"write": 1}},
		"a part of 3 MiB": {func() error { return put(dir, "small", text(3<<20)) }, map[string]int{"write": 1}},
		"a part of 9 MiB": {func() error { return put(dir, "long", text(9<<20)) }, map[string]int{"begin": 1, "chunk": 3}},
		"a log of 100 lines": {func() error {
			l, err := store.StartLog(t.Context(), dir, "runs/log")
			for i := 0; i < 100 && err == nil; i++ {
				err = l.Append([]byte("a line\n"))
			}
			return errors.Join(err, l.Close())
		}, map[string]int{"write": 102}},
		"a log that was closed": {func() error { _, err := store.ReadLog(t.Context(), dir, "before"); return err }, map[string]int{"list": 1, "read": 1}},
		"a look":                {func() error { _, err := dir.Stat(t.Context(), "there"); return err }, map[string]int{"look": 1}},
		"a list":                {func() error { _, err := dir.List(t.Context(), ""); return err }, map[string]int{"list": 1}},
		"a removal":             {func() error { return dir.RemoveAll(t.Context(), "gone") }, map[string]int{"list": 1, "remove": 1}},
	} {
		must(put(dir, "there", nil))
		must(put(dir, "gone", nil))
		server.Requests()
		must(step.do())
		if diff := cmp.Diff(step.want, server.Requests()); diff != "" {
			t.Errorf("%s: requests (-want +got):\n%s", name, diff)
		}
	}
}

func drain[R io.ReadCloser](r R, err error) error {
	if err != nil {
		return err
	}
	defer r.Close()
	if n, err := io.CopyN(io.Discard, r, drained); n != drained {
		return err
	}
	return nil
}
