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

// holder says which run holds an output folder. It is the text of the lock, and only
// tells.
type holder struct {
	Process int       `json:"process"`
	Host    string    `json:"host"`
	Started time.Time `json:"started"`
}

// lock keeps a second run out of the folder. held ends with ctx, or when the lock is lost.
func lock(ctx context.Context, out store.Dir) (held context.Context, unlock func(), err error) {
	held, unlock, by, err := store.TryLock(ctx, out, runsFolder+"/lock", sign())
	if err == nil && unlock == nil {
		err = exit.Errorf(exit.Retry, "another run is at work in %s%s; wait for its end, or name another output folder", out.URI(), heldBy(by))
	}
	return held, unlock, err
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
