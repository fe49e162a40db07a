package store

import (
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// Holder says which process holds a lock. It is the lock's text, and only tells.
type Holder struct {
	Process int       `json:"process"`
	Host    string    `json:"host"`
	Started time.Time `json:"started"`
}

// Self is this process as the holder of a lock that it takes now.
func Self() Holder {
	host, _ := os.Hostname() // without one the process and its start still tell
	return Holder{Process: os.Getpid(), Host: host, Started: time.Now().UTC().Truncate(time.Second)}
}

// HolderOf reads the text of a lock. Where it does not tell, Process is 0.
func HolderOf(text string) (h Holder) {
	if json.Unmarshal([]byte(text), &h) != nil || h.Process < 0 {
		return Holder{}
	}
	return h
}

// String is the text for a lock.
func (h Holder) String() string {
	text, _ := json.Marshal(h)
	return string(append(text, '\n'))
}

// Told names the holder behind a sentence, where it is known.
func (h Holder) Told() string {
	if h.Process == 0 {
		return ""
	}
	return fmt.Sprintf(": process %d on %q, since %s", h.Process, h.Host, h.Started.Format(time.RFC3339))
}
