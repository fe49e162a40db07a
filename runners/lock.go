package runners

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
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
	file, err := store.OpenOwn(path, os.O_RDWR)
	if err != nil {
		return nil, err
	}
	// The lock is on a descriptor of flock's own, of the same file: the text is
	// written and removed through ours, whatever the name may lead to by then.
	l := flock.New(path, flock.SetFlag(os.O_RDWR|syscall.O_NOFOLLOW))
	got, err := l.TryLock()
	switch {
	case err != nil:
		return nil, errors.Join(store.DiskError("lock the output folder", out, err), file.Close())
	case !got:
		err = exit.Errorf(exit.Retry, "another run is at work in %s%s; wait for its end, or name another output folder", out, heldBy(file))
		return nil, errors.Join(err, file.Close())
	}
	sign(file)
	return func() {
		_ = file.Truncate(0) // a name that stays would be that of a killed run
		_ = l.Unlock()
		_ = file.Close()
	}, nil
}

// sign writes this process into the lock file that it holds, where it can: on a
// full disk the run may still free what a killed one left.
func sign(file *os.File) {
	host, _ := os.Hostname() // without one the process and its start still tell
	text, _ := json.Marshal(holder{Process: os.Getpid(), Host: host, Started: time.Now().UTC().Truncate(time.Second)})
	_ = file.Truncate(0)
	_, _ = file.WriteAt(append(text, '\n'), 0)
}

// heldBy names the holder of a lock file, where its text tells: the holder may be
// about to write it.
func heldBy(file *os.File) string {
	var h holder
	text, err := io.ReadAll(file)
	if err != nil || json.Unmarshal(text, &h) != nil || h.Process <= 0 {
		return ""
	}
	return fmt.Sprintf(": process %d on %q, since %s", h.Process, h.Host, h.Started.Format(time.RFC3339))
}
