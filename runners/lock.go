package runners

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// holder says which run holds an output folder. It is the text of the lock file
// and only tells: the lock is the kernel's, and ends with its process however
// that ends.
type holder struct {
	Process int       `json:"process"`
	Host    string    `json:"host"`
	Started time.Time `json:"started"`
}

// lock keeps a second run out of the folder.
func lock(out string) (unlock func(), err error) {
	path := filepath.Join(out, runsFolder, "lock")
	l := flock.New(path, flock.SetPermissions(0o600))
	got, err := l.TryLock()
	if err != nil {
		return nil, store.DiskError("lock the output folder", out, err)
	}
	if !got {
		return nil, exit.Errorf(exit.Retry, "another run is at work in %s%s; wait for its end, or name another output folder", out, heldBy(path))
	}
	sign(path)
	return func() {
		_ = os.Truncate(path, 0) // a name that stays would be that of a killed run
		_ = l.Unlock()
	}, nil
}

// sign writes this process into the lock file that it holds, where it can: on a
// full disk the run may still free what a killed one left.
func sign(path string) {
	host, _ := os.Hostname() // without one the process and its start still tell
	text, _ := json.Marshal(holder{Process: os.Getpid(), Host: host, Started: time.Now().UTC().Truncate(time.Second)})
	_ = os.WriteFile(path, append(text, '\n'), 0o600)
}

// heldBy names the holder of a lock file, where its text tells: the holder may be
// about to write it.
func heldBy(path string) string {
	var h holder
	text, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(text, &h) != nil || h.Process <= 0 {
		return ""
	}
	return fmt.Sprintf(": process %d on %q, since %s", h.Process, h.Host, h.Started.Format(time.RFC3339))
}
