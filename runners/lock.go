package runners

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

const lockName = runsFolder + "/lock"

// holder says which run holds an output folder. It is the text of the lock, and only
// tells.
type holder struct {
	Process int       `json:"process"`
	Host    string    `json:"host"`
	Started time.Time `json:"started"`
}

// lock keeps a second run out of the folder. held ends with ctx, or when the lock is lost.
func lock(ctx context.Context, out store.Dir) (held context.Context, unlock func(), err error) {
	held, unlock, by, err := store.TryLock(ctx, out, lockName, sign())
	if err == nil && unlock == nil {
		err = exit.Errorf(exit.Retry, "another run is at work in %s%s; wait for its end, or name another output folder", out.URI(), heldBy(by))
	}
	return held, unlock, err
}

// atWork says whether the process of a run, which has no end in its journal, has the
// lock of the folder.
func atWork(ctx context.Context, out store.Dir, r RunRecord) (bool, error) {
	by, held, err := store.LockHolder(ctx, out, lockName)
	var h holder
	if err != nil || !held || json.Unmarshal([]byte(by), &h) != nil {
		return held, err // the holder may be about to sign
	}
	return !began(r.ID).Before(h.Started), nil
}

// sign is what the lock says of this process.
func sign() string {
	host, _ := os.Hostname() // without one the process and its start still tell
	text, _ := json.Marshal(holder{Process: os.Getpid(), Host: host, Started: time.Now().UTC().Truncate(time.Second)})
	return string(append(text, '\n'))
}

// heldBy names the holder of a lock, where its text tells.
func heldBy(text string) string {
	var h holder
	if json.Unmarshal([]byte(text), &h) != nil || h.Process <= 0 {
		return ""
	}
	return fmt.Sprintf(": process %d on %q, since %s", h.Process, h.Host, h.Started.Format(time.RFC3339))
}
