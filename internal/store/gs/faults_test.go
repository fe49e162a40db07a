package gs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/googleapis/gax-go/v2"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/internal/store/gs/gstest"
	"github.com/clinflow/clinflow/internal/store/storetest"
)

// hasty makes pauses short for a test.
func hasty(t *testing.T) {
	beforePause, beforeStall := pause, stall
	pause, stall = gax.Backoff{Initial: time.Millisecond, Max: 5 * time.Millisecond, Multiplier: 2}, time.Second
	t.Cleanup(func() { pause, stall = beforePause, beforeStall })
}

func text(size int) []byte { return bytes.Repeat([]byte("0123456789abcde\n"), size/16) }

func put(dir store.Dir, name string, data []byte) error {
	return store.WriteFile(context.Background(), dir, name, data)
}

func putNew(dir store.Dir, name string, data []byte) error {
	f, err := dir.CreateNew(context.Background(), name)
	if err != nil {
		return err
	}
	defer f.Abort()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Commit()
}

func get(dir store.Dir, name string) ([]byte, error) {
	f, err := dir.Open(context.Background(), name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// Each fault is passed over, whatever is being done.
func TestFaultsLoseNothing(t *testing.T) {
	hasty(t)
	const small, large = 64 << 10, 5 << 20
	ways := map[string]gstest.Wrong{
		"503": gstest.Status(503), "429": gstest.Status(429),
		"lost answer": gstest.Lost(), "cut at once": gstest.Cut(0), "cut": gstest.Cut(40_000), "slow": gstest.Slow(0, time.Second), "stops": gstest.Slow(20_000, time.Second),
	}
	does := map[string]func(dir store.Dir) error{
		"read": func(dir store.Dir) error { return same(dir, "large", text(large)) },
		"write": func(dir store.Dir) error {
			return errors.Join(put(dir, "new", text(small)), same(dir, "new", text(small)))
		},
		"write new": func(dir store.Dir) error {
			return errors.Join(putNew(dir, "first", text(small)), same(dir, "first", text(small)))
		},
		"chunk": func(dir store.Dir) error {
			return errors.Join(put(dir, "long", text(large)), same(dir, "long", text(large)))
		},
		"chunk new": func(dir store.Dir) error {
			return errors.Join(putNew(dir, "longer", text(large)), same(dir, "longer", text(large)))
		},
		"begin": func(dir store.Dir) error { return errors.Join(put(dir, "b", text(large)), same(dir, "b", text(large))) },
		"look": func(dir store.Dir) error {
			info, err := dir.Stat(context.Background(), "large")
			if err == nil && info.Size != large {
				err = fmt.Errorf("it has %d bytes", info.Size)
			}
			return err
		},
		"list": func(dir store.Dir) error {
			infos, err := dir.List(context.Background(), "")
			if err == nil && len(infos) != 2 {
				err = fmt.Errorf("%d files", len(infos))
			}
			return err
		},
		"copy": func(dir store.Dir) error {
			return errors.Join(dir.Rename(context.Background(), "small", "moved"), same(dir, "moved", text(small)))
		},
		"remove": func(dir store.Dir) error {
			if err := dir.RemoveAll(context.Background(), "small"); err != nil {
				return err
			}
			if _, err := dir.Stat(context.Background(), "small"); !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("after it was removed: %w", err)
			}
			return nil
		},
	}
	server := gstest.New(t)
	for wrong, way := range ways {
		for name, do := range does {
			if kind, _, _ := strings.Cut(name, " "); wrong == "slow" && kind != "read" && kind != "chunk" {
				continue // as for any answer that is cut
			}
			t.Run(name+" "+wrong, func(t *testing.T) {
				dir := bucket(t, gstest.URI(name+" "+wrong))
				if err := errors.Join(put(dir, "small", text(small)), put(dir, "large", text(large))); err != nil {
					t.Fatal(err)
				}
				kind, _, _ := strings.Cut(name, " ")
				server.Fail(gstest.Fault{Of: kind, Times: 2, Do: way})
				if err := do(dir); err != nil {
					t.Error(err)
				}
				if server.Pending() == 2 {
					t.Error("nothing went wrong")
				}
				server.Heal()
			})
		}
	}
}

func same(dir store.Dir, name string, want []byte) error {
	got, err := get(dir, name)
	if err == nil && !bytes.Equal(got, want) {
		err = fmt.Errorf("%s: %d bytes, other than the %d that were written", name, len(got), len(want))
	}
	return err
}

// The whole contract holds while a third of all requests go wrong.
func TestContractInAStorm(t *testing.T) {
	hasty(t)
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			server := gstest.New(t)
			server.Storm(seed, 0.3)
			folders := 0
			storetest.Contract(t, func(t *testing.T) store.Dir {
				folders++
				return bucket(t, gstest.URI(fmt.Sprint("out/", folders)))
			})
		})
	}
}

// An outage that does not end is told, and ends the attempt.
func TestOutageIsTold(t *testing.T) {
	hasty(t)
	server := gstest.New(t)
	dir := bucket(t, gstest.URI("out"))
	for name, do := range map[string]func() error{
		"read":   func() error { _, err := get(dir, "file"); return err },
		"write":  func() error { return put(dir, "file", text(16)) },
		"begin":  func() error { return put(dir, "file", text(9<<20)) },
		"list":   func() error { _, err := dir.List(t.Context(), ""); return err },
		"remove": func() error { return dir.RemoveAll(t.Context(), "there") },
	} {
		server.Heal()
		if err := put(dir, "there", nil); err != nil {
			t.Fatal(err)
		}
		server.Fail(gstest.Fault{Of: name, Times: 1000, Do: gstest.Status(503)})
		err := do()
		if exit.Of(err) != exit.Retry || !strings.Contains(err.Error(), gstest.URI("out")) || !strings.Contains(err.Error(), "503") {
			t.Errorf("%s: %v", name, err)
		}
	}
	server.Heal()
	for status, want := range map[int]string{401: "gcloud auth", 403: "role"} {
		server.Fail(gstest.Fault{Of: "read", Times: 1, Do: gstest.Status(status)})
		if _, err := get(dir, "there"); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), want) {
			t.Errorf("%d: %v", status, err)
		}
	}
	if _, err := bucket(t, "gs://nobodys-bucket/x").List(t.Context(), ""); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "no such bucket") {
		t.Errorf("a bucket that is not there: %v", err)
	}
}

// Connections that are cut again and again end no file: who reads it must not take what
// came for the whole.
func TestAnOutageIsNoEndOfAFile(t *testing.T) {
	hasty(t)
	server := gstest.New(t)
	dir := bucket(t, gstest.URI("out"))
	if err := put(dir, "file", text(64<<10)); err != nil {
		t.Fatal(err)
	}
	for name, do := range map[string]func() error{
		"read":       func() error { _, err := get(dir, "file"); return err },
		"open at":    func() error { _, err := dir.OpenAt(t.Context(), "file"); return err },
		"read range": func() error { _, err := store.ReadRange(t.Context(), dir, "file", make([]byte, 100), 10); return err },
	} {
		server.Fail(gstest.Fault{Of: "read", Times: 1000, Do: gstest.Lost()})
		err := do()
		if exit.Of(err) != exit.Retry || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %v", name, err)
		}
		server.Heal()
	}
}

// An object that has no bytes is one, and has none of those that are asked for.
func TestAnObjectWithoutTheBytesAskedFor(t *testing.T) {
	hasty(t)
	server := gstest.New(t)
	dir := bucket(t, gstest.URI("out"))
	if err := put(dir, "empty", nil); err != nil {
		t.Fatal(err)
	}
	server.Fail(gstest.Fault{Of: "read", Times: 2, Do: gstest.Status(416)})
	if f, err := dir.OpenAt(t.Context(), "empty"); err != nil || f.Size() != 0 {
		t.Errorf("open at: %v", err)
	}
	if n, err := store.ReadRange(t.Context(), dir, "empty", make([]byte, 1), 0); n != 0 || err != io.EOF {
		t.Errorf("read range: %d bytes, %v", n, err)
	}
}

// What was overwritten after its first byte was read is told, never mixed.
func TestGenerationIsPinned(t *testing.T) {
	hasty(t)
	gstest.New(t)
	dir := bucket(t, gstest.URI("out"))
	if err := put(dir, "file", bytes.Repeat([]byte("a"), 6<<20)); err != nil {
		t.Fatal(err)
	}
	f, err := dir.OpenAt(t.Context(), "file")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := put(dir, "file", bytes.Repeat([]byte("b"), 6<<20)); err != nil {
		t.Fatal(err)
	}
	if n, err := f.ReadAt(make([]byte, 100), 0); err == nil {
		t.Errorf("%d bytes of another generation were read", n)
	}
}

// Two that race for a name with the same bytes have both made it; with others, one.
func TestSameBytesWereMade(t *testing.T) {
	gstest.New(t)
	dir := bucket(t, gstest.URI("out"))
	for _, size := range []int{16, 9 << 20} {
		name := fmt.Sprint("file of ", size)
		if err := errors.Join(putNew(dir, name, text(size)), putNew(dir, name, text(size))); err != nil {
			t.Error(err)
		}
		other := text(size)
		other[size-1] = 'x'
		if err := putNew(dir, name, other); !errors.Is(err, store.ErrExists) {
			t.Errorf("other bytes: %v", err)
		}
		if err := same(dir, name, text(size)); err != nil {
			t.Error(err)
		}
	}
}

// An answer about a file's end that is cut off is taken up where it ended, also where the
// file is shorter than what was asked for.
func TestCutEndsAreReadOn(t *testing.T) {
	hasty(t)
	server := gstest.New(t)
	dir := bucket(t, gstest.URI("out"))
	for _, size := range []int{16, 4 << 10, 200 << 10, 255 << 10, 257 << 10, 3 << 20} {
		whole := make([]byte, size)
		for i := range whole {
			whole[i] = byte(i>>8 + i*31)
		}
		if err := put(dir, "file", whole); err != nil {
			t.Fatal(err)
		}
		for _, after := range []int{0, 1, 10, 3000, 100_000, 250_000} {
			server.Fail(gstest.Fault{Of: "read", Times: 2, Do: gstest.Cut(after)})
			f, err := dir.OpenAt(t.Context(), "file")
			if err != nil {
				t.Fatal(err)
			}
			got := make([]byte, size)
			if n, err := f.ReadAt(got, 0); n != size || err != nil && err != io.EOF || !bytes.Equal(got, whole) {
				t.Errorf("%d bytes, cut after %d: %d, %v, or others", size, after, n, err)
			}
			_ = f.Close()
			server.Heal()
		}
	}
}
