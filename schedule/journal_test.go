package schedule

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/outdir"
	"github.com/clinflow/clinflow/internal/store"
	_ "github.com/clinflow/clinflow/internal/store/gs"
	"github.com/clinflow/clinflow/internal/store/gs/gstest"
)

// eachStore runs a test in a folder of this machine, and in one of a bucket.
func eachStore(t *testing.T, test func(t *testing.T, out store.Dir)) {
	open := func(t *testing.T, uri string) store.Dir {
		out, err := outdir.Prepare(uri, Folder)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	t.Run("local", func(t *testing.T) { test(t, open(t, t.TempDir())) })
	t.Run("bucket", func(t *testing.T) {
		gstest.New(t)
		test(t, open(t, gstest.URI("out")))
	})
}

func opened(t *testing.T, files files) *journal {
	t.Helper()
	j, err := openJournal(t.Context(), files)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func wrote(t *testing.T, j *journal, e Event) {
	t.Helper()
	if err := j.write(t.Context(), yearBegins.Add(time.Duration(j.state.Number)*time.Minute), e); err != nil {
		t.Fatal(err)
	}
}

// equal leaves out what a state keeps to be quick.
var equal = cmp.Options{cmpopts.IgnoreUnexported(DAG{}), cmpopts.EquateEmpty()}

// TestAJournalIsReadAsItWasWritten, sums among it.
func TestAJournalIsReadAsItWasWritten(t *testing.T) {
	eachStore(t, func(t *testing.T, out store.Dir) {
		files := stored{out.Sub(Folder)}
		j := opened(t, files)
		d := definition("x", "* * * * *", "UTC", dags.CatchupAll, dags.OverlapQueue)
		wrote(t, j, Event{Kind: defined, DAG: "x", Definition: &d})
		most := sumEvery + 20
		if _, local := files.dir.LocalPath(""); !local {
			j.sum = -sumEvery + 30 // a bucket for tests is slow: the sum is at 30
			most = 40
		}
		for i := 1; i < most; i++ {
			due := yearBegins.Add(time.Duration(i) * time.Minute)
			wrote(t, j, Event{Kind: decided, DAG: "x", Through: due, Due: []Due{{ID: idOf("x", due), Logical: due, Cause: Scheduled}}})
		}
		if diff := cmp.Diff(j.state, opened(t, files).state, equal); diff != "" {
			t.Error(diff)
		}
		names, err := files.list(t.Context())
		if err != nil || len(names) > 22 || !strings.HasPrefix(names[len(names)-1], sumsFolder) {
			t.Errorf("%d files are left, %v", len(names), err)
		}
	})
}

// TestASecondWriterStops: of two that take themselves for the one scheduler, the one that
// comes late finds the number of its event taken, or summed up.
func TestASecondWriterStops(t *testing.T) {
	for name, ahead := range map[string]int{"at once": 1, "after some events": 5, "after a sum": sumEvery + 3, "at the sum": sumEvery} {
		t.Run(name, func(t *testing.T) {
			files := newWorld(1, yearBegins).memory
			stale, now := opened(t, files), opened(t, files)
			for range ahead {
				wrote(t, now, Event{Kind: schedulerCame})
			}
			if err := stale.write(t.Context(), yearBegins, Event{Kind: schedulerCame}); exit.Of(err) != exit.Retry {
				t.Errorf("the second writer: %v", err)
			}
			if err := now.write(t.Context(), yearBegins, Event{Kind: schedulerLeft}); err != nil {
				t.Errorf("the first: %v", err)
			}
			if diff := cmp.Diff(now.state, opened(t, files).state, equal); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// lying are files that keep something else than what they are given.
type lying struct{ *memory }

func (l lying) create(ctx context.Context, name string, data []byte) error {
	return l.memory.create(ctx, name, []byte(strings.Replace(string(data), "came", "cane", 1)))
}

func TestAnEventIsReadBack(t *testing.T) {
	j := opened(t, lying{newWorld(1, yearBegins).memory})
	if err := j.write(t.Context(), yearBegins, Event{Kind: schedulerCame}); err == nil || j.state.Number != 0 {
		t.Errorf("an event that does not read back is done: %v", err)
	}
}

func TestADamagedJournalIsRefused(t *testing.T) {
	for name, damage := range map[string]func(m *memory) error{
		"an event is missing":    func(m *memory) error { return m.remove(t.Context(), eventName(2)) },
		"an event is no JSON":    func(m *memory) error { m.files[eventName(2)] = []byte("{"); return nil },
		"an event has no number": func(m *memory) error { m.files[eventName(2)] = []byte("{}"); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			files := newWorld(1, yearBegins).memory
			j := opened(t, files)
			for range 3 {
				wrote(t, j, Event{Kind: schedulerCame})
			}
			if err := damage(files); err != nil {
				t.Fatal(err)
			}
			if _, err := openJournal(t.Context(), files); exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), eventName(2)) {
				t.Error(err)
			}
		})
	}
}

// behind are files whose listing lacks one that is there, as a listing may that is made
// while files are.
type behind struct {
	*memory
	lacks string
}

func (b behind) list(ctx context.Context) ([]string, error) {
	names, err := b.memory.list(ctx)
	return slices.DeleteFunc(names, func(name string) bool { return name == b.lacks }), err
}

// A journal whose events are listed while they are made is no damaged one.
func TestAJournalIsReadWhileItIsWritten(t *testing.T) {
	files := newWorld(1, yearBegins).memory
	j := opened(t, files)
	for range 3 {
		wrote(t, j, Event{Kind: schedulerCame})
	}
	if diff := cmp.Diff(j.state, opened(t, behind{files, eventName(2)}).state, equal); diff != "" {
		t.Error(diff)
	}
}

// TestOneSchedulerIsAtWork in a folder, here and in a bucket; what is asked for is on disk
// when it is said to be, and applied once.
func TestOneSchedulerIsAtWork(t *testing.T) {
	eachStore(t, func(t *testing.T, out store.Dir) {
		d := definition("x", "0 0 1 1 *", "UTC", dags.CatchupNone, dags.OverlapQueue)
		d.Freshness = time.Hour
		o := Options{
			Out: out, Define: func() (Reading, error) { return Reading{Definitions: []Definition{d}}, nil }, Runner: newWorld(1, yearBegins),
		}
		if path, local := out.LocalPath("schedule/state/x" + store.TemporaryMark + "1"); local {
			if err := errors.Join(os.Mkdir(filepath.Dir(path), 0o700), os.WriteFile(path, nil, 0o600)); err != nil {
				t.Fatal(err)
			}
			defer func() {
				if _, err := os.Stat(path); err == nil {
					t.Error("what a killed scheduler was writing is still there")
				}
			}()
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- Serve(ctx, o) }()
		look := func() Overview {
			t.Helper()
			found, err := Look(t.Context(), out, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		for len(look().DAGs) == 0 {
			time.Sleep(20 * time.Millisecond)
		}
		if err := look().Check(); err != nil {
			t.Error(err)
		}
		if err := Serve(t.Context(), o); exit.Of(err) != exit.Retry || !strings.Contains(err.Error(), "another scheduler is at work") {
			t.Errorf("a second scheduler: %v", err)
		}
		if err := Ask(t.Context(), out, Pause, "y"); exit.Of(err) != exit.Usage {
			t.Error(err)
		}
		if err := Ask(t.Context(), out, Pause, "x"); err != nil || !look().DAGs[0].Paused {
			t.Errorf("asked and not seen: %v", err)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := look().Check(); exit.Of(err) != exit.Failed || !strings.Contains(fmt.Sprint(err), "no scheduler is at work") {
			t.Errorf("a check without a scheduler: %v", err)
		}
		late, err := Look(t.Context(), out, time.Now().Add(2*time.Hour))
		if err != nil || !strings.Contains(fmt.Sprint(late.Check("x")), "x: no good run within 1h0m0s") {
			t.Errorf("%v, %v", late.Check("x"), err)
		}
		if err := late.Check("z"); exit.Of(err) != exit.Usage || errors.Is(err, exit.Failed) {
			t.Error(err)
		}
	})
}

// TestWhatWasCutShortIsRemoved: what a killed scheduler was writing, and a request that
// nobody writes any more.
func TestWhatWasCutShortIsRemoved(t *testing.T) {
	out, err := outdir.Prepare(t.TempDir(), Folder)
	if err != nil {
		t.Fatal(err)
	}
	dir := out.Sub(Folder)
	for name, c := range map[string]struct {
		age  time.Duration
		kept bool
	}{
		"state/1.json" + store.TemporaryMark + "1":    {0, false},
		"requests/1.json" + store.TemporaryMark + "1": {time.Minute, true},
		"requests/2.json" + store.TemporaryMark + "2": {2 * time.Hour, false},
		"requests/3.json": {2 * time.Hour, true},
	} {
		path, _ := dir.LocalPath(name)
		written := time.Now().Add(-c.age)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, nil, 0o600), os.Chtimes(path, written, written)); err != nil {
			t.Fatal(err)
		}
		if err := removeCutShort(t.Context(), dir, time.Now()); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(path); (err == nil) != c.kept {
			t.Errorf("%s of %v ago: %v", name, c.age, err)
		}
	}
}

// ending are files at which ctx ends when one was made.
type ending struct {
	files
	end func()
}

func (e ending) create(ctx context.Context, name string, data []byte) error {
	defer e.end()
	return e.files.create(ctx, name, data)
}

func (e ending) list(ctx context.Context) ([]string, error) {
	names, err := e.files.list(ctx)
	return names, errors.Join(err, ctx.Err())
}

// A scheduler that is told to end while it writes an event has written it, and goes on to
// leave.
func TestAnEventIsNotCutShort(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	j, err := openJournal(ctx, ending{newWorld(1, yearBegins).memory, end})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.write(ctx, yearBegins, Event{Kind: schedulerCame, Process: 1}); err != nil {
		t.Error(err)
	}
	if err := j.write(ctx, yearBegins, Event{Kind: schedulerCame, Process: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("one that begins after the end: %v", err)
	}
	if err := j.write(t.Context(), yearBegins, Event{Kind: schedulerLeft}); err != nil || j.state.Number != 2 {
		t.Errorf("%d events, %v", j.state.Number, err)
	}
}
