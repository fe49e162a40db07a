package storetest

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"testing"

	"github.com/clinflow/clinflow/internal/store"
)

// holder wants to be told who holds the lock, "" for nobody.
func holder(t *testing.T, dir store.Dir, who string) {
	t.Helper()
	by, held, err := store.LockHolder(t.Context(), dir, "runs/lock")
	must(t, err)
	if held != (who != "") || held && by != who {
		t.Errorf("the lock is held: %v, by %q, want %q", held, by, who)
	}
}

func locking(t *testing.T, dir store.Dir) {
	write(t, dir, "runs/other", "")
	holder(t, dir, "")
	_, unlock, heldBy, err := store.TryLock(t.Context(), dir, "runs/lock", "the first")
	if err != nil || unlock == nil || heldBy != "" {
		t.Fatalf("a free lock: held by %q, %v", heldBy, err)
	}
	holder(t, dir, "the first")
	if _, second, heldBy, err := store.TryLock(t.Context(), dir, "runs/lock", "the second"); second != nil || heldBy != "the first" || err != nil {
		t.Errorf("a lock that is held: by %q, %v", heldBy, err)
	}
	unlock()
	holder(t, dir, "")
	held, unlock, heldBy, err := store.TryLock(t.Context(), dir, "runs/lock", "the third")
	if err != nil || unlock == nil || heldBy != "" || held.Err() != nil {
		t.Fatalf("a lock that was given back: held by %q, %v", heldBy, err)
	}
	unlock()
	var wait sync.WaitGroup
	got := make(chan func(), 8)
	for range 8 {
		wait.Go(func() {
			_, unlock, _, err := store.TryLock(t.Context(), dir, "runs/lock", "one of many")
			if err != nil {
				t.Error(err)
			}
			if unlock != nil {
				got <- unlock
			}
		})
	}
	wait.Wait()
	if len(got) != 1 {
		t.Fatalf("%d have the lock", len(got))
	}
	(<-got)()
	look, stop := context.WithCancel(t.Context())
	wait.Go(func() {
		for look.Err() == nil {
			if _, _, err := store.LockHolder(t.Context(), dir, "runs/lock"); err != nil {
				t.Error(err)
			}
		}
	})
	for range 20 {
		_, unlock, by, err := store.TryLock(t.Context(), dir, "runs/lock", "who is looked at")
		if err != nil || unlock == nil {
			t.Errorf("a lock that is looked at: held by %q, %v", by, err)
			break
		}
		unlock()
	}
	stop()
	wait.Wait()
}

func logging(t *testing.T, dir store.Dir) {
	if _, err := store.ListLogs(t.Context(), dir, "runs"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
	write(t, dir, "runs/other/file", "") // makes the folder
	must(t, dir.RemoveAll(t.Context(), "runs/other/file"))
	ctx, cancel := context.WithCancel(t.Context())
	l, err := store.StartLog(ctx, dir, "runs/one.jsonl")
	must(t, err)
	var text string
	for _, line := range []string{"{}\n", "{\"a\":1}\n", "{}\n", "", "1\n", "2\n", "3\n", "4\n", "5\n", "6\n", "7\n", "8\n"} {
		must(t, l.Append([]byte(line)))
		text += line
		got, err := store.ReadLog(t.Context(), dir, "runs/one.jsonl")
		must(t, err)
		want(t, "what is durable", text, string(got))
	}
	cancel() // how a run ended is told after it
	must(t, l.Append([]byte("ended\n")))
	must(t, l.Close())
	got, err := store.ReadLog(t.Context(), dir, "runs/one.jsonl")
	must(t, err)
	want(t, "a log that is closed", text+"ended\n", string(got))
	if _, err := store.StartLog(t.Context(), dir, "runs/one.jsonl"); !errors.Is(err, store.ErrExists) {
		t.Errorf("a name that is taken: %v", err)
	}
	other, err := store.StartLog(t.Context(), dir, "runs/two.jsonl")
	must(t, err)
	must(t, other.Close())
	logs, err := store.ListLogs(t.Context(), dir, "runs")
	must(t, err)
	want(t, "the logs", []string{"runs/one.jsonl", "runs/two.jsonl"}, logs)
	got, err = store.ReadLog(t.Context(), dir, "runs/two.jsonl")
	if len(got) != 0 || err != nil {
		t.Errorf("an empty log: %q, %v", got, err)
	}
	if _, err := store.ReadLog(t.Context(), dir, "runs/three.jsonl"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a log that is not there: %v", err)
	}
}

func marking(t *testing.T, dir store.Dir) {
	for _, want := range []bool{true, false} {
		first, err := store.Mark(t.Context(), dir, "scratch/mark")
		if first != want || err != nil {
			t.Errorf("a mark is the first: %v, %v", first, err)
		}
	}
	for name, want := range map[string]bool{"scratch/mark": true, "scratch/none": false} {
		there, err := store.Exists(t.Context(), dir, name)
		if there != want || err != nil {
			t.Errorf("%s is there: %v, %v", name, there, err)
		}
	}
}
