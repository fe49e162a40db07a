package gs

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/internal/store/gs/gstest"
)

// soon makes the times of locks short for a test.
func soon(t *testing.T, time, renew time.Duration) {
	beforeTime, beforeRenew := lockTime, lockRenew
	lockTime, lockRenew = time, renew
	t.Cleanup(func() { lockTime, lockRenew = beforeTime, beforeRenew })
}

// leave puts a lock into a bucket whose holder is gone.
func leave(t *testing.T, dir store.Dir, c claim) {
	t.Helper()
	text, err := json.Marshal(c)
	if err == nil {
		err = put(dir, "lock", text)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestLockIsTakenOver(t *testing.T) {
	gstest.New(t)
	ended := exec.Command(os.Args[0], "-test.run=^$")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	gone := ownProcess()
	gone.PID = ended.Process.Pid
	elsewhere := gone
	elsewhere.Boot = "of another machine"
	later, before := time.Now().Add(time.Hour), time.Now().Add(-time.Second)
	for name, c := range map[string]struct {
		claim claim
		taken bool
	}{
		"after its time":                {claim{Expires: before, Process: elsewhere, Text: "it"}, true},
		"of an ended process":           {claim{Expires: later, Process: gone, Text: "it"}, gone.Boot != ""},
		"of another machine":            {claim{Expires: later, Process: elsewhere, Text: "it"}, false},
		"of a process that runs":        {claim{Expires: later, Process: ownProcess(), Text: "it"}, false},
		"of a machine that tells none":  {claim{Expires: later, Text: "it"}, false},
		"of this process, before later": {claim{Expires: before, Process: ownProcess(), Text: "it"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := bucket(t, gstest.URI(name))
			leave(t, dir, c.claim)
			_, unlock, heldBy, err := store.TryLock(t.Context(), dir, "lock", "we")
			if err != nil || (unlock != nil) != c.taken || !c.taken && heldBy != "it" {
				t.Errorf("taken over: %v, held by %q, %v", unlock != nil, heldBy, err)
			}
			if unlock != nil {
				unlock()
			}
		})
	}
}

func TestHeldLockIsRenewed(t *testing.T) {
	gstest.New(t)
	soon(t, 600*time.Millisecond, 50*time.Millisecond)
	dir := bucket(t, gstest.URI("out"))
	held, unlock, _, err := store.TryLock(t.Context(), dir, "lock", "we")
	if err != nil || unlock == nil {
		t.Fatal(err)
	}
	for range 6 {
		time.Sleep(250 * time.Millisecond)
		if _, second, _, err := store.TryLock(t.Context(), dir, "lock", "others"); second != nil || err != nil {
			t.Fatalf("a lock that is held was taken: %v", err)
		}
	}
	if held.Err() != nil {
		t.Error(context.Cause(held))
	}
	unlock()
	if _, err := dir.Stat(t.Context(), "lock"); err == nil {
		t.Error("the lock is there after it was given back")
	}
}

// Who finds the lock to be another's must stop: the other one writes now.
func TestLostLockIsTold(t *testing.T) {
	gstest.New(t)
	soon(t, time.Minute, 20*time.Millisecond)
	dir := bucket(t, gstest.URI("out"))
	held, unlock, _, err := store.TryLock(t.Context(), dir, "lock", "we")
	if err != nil || unlock == nil {
		t.Fatal(err)
	}
	leave(t, dir, claim{ID: "another", Expires: time.Now().Add(time.Hour), Text: "another"})
	select {
	case <-held.Done():
	case <-time.After(20 * time.Second):
		t.Fatal("a lost lock was not noticed")
	}
	if err := context.Cause(held); exit.Of(err) != exit.Retry || !strings.Contains(err.Error(), "was lost") {
		t.Error(err)
	}
	unlock()
	if _, second, heldBy, err := store.TryLock(t.Context(), dir, "lock", "we"); second != nil || heldBy != "another" || err != nil {
		t.Errorf("giving back a lost lock took the other's: held by %q, %v", heldBy, err)
	}
}

// In an outage longer than the lock's time the holder cannot know that it has it.
func TestLockThatCannotBeRenewedIsLost(t *testing.T) {
	hasty(t)
	server := gstest.New(t)
	soon(t, 300*time.Millisecond, 50*time.Millisecond)
	held, unlock, _, err := store.TryLock(t.Context(), bucket(t, gstest.URI("out")), "lock", "we")
	if err != nil || unlock == nil {
		t.Fatal(err)
	}
	server.Fail(gstest.Fault{Times: 1 << 30, Do: gstest.Status(503)})
	select {
	case <-held.Done():
	case <-time.After(20 * time.Second):
		t.Fatal("an outage was not noticed")
	}
	server.Heal()
	unlock()
}

func TestWhatIsNoLockIsLeft(t *testing.T) {
	gstest.New(t)
	dir := bucket(t, gstest.URI("out"))
	if err := put(dir, "lock", []byte("somebody's notes")); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := store.TryLock(t.Context(), dir, "lock", "we"); exit.Of(err) != exit.Usage || strings.Contains(err.Error(), "notes\"") {
		t.Error(err)
	}
	if err := same(dir, "lock", []byte("somebody's notes")); err != nil {
		t.Error(err)
	}
}
