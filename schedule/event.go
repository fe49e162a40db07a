package schedule

import (
	"fmt"
	"time"
)

// The kinds of events in a scheduler's journal.
const (
	schedulerCame  = "scheduler came"
	schedulerLeft  = "scheduler left"
	filesRead      = "files read"      // what is wrong with DAG files is new, or mended
	defined        = "defined"         // a DAG's schedule is new or another one
	retired        = "retired"         // a DAG has no schedule any more
	decided        = "decided"         // what becomes of the due times up to Through
	clockSetBack   = "clock set back"  // due times after Through come anew
	requested      = "requested"       // somebody asked for something
	attemptStarted = "attempt started" // written before the attempt begins
	attemptStopped = "attempt stopped" // its scheduler leaves
	attemptLost    = "attempt lost"    // it ended with its scheduler, or never began
	retryLater     = "retry later"
	runCancelled   = "cancel" // the run is to be ended
	runEnded       = "run ended"
)

// Event is one change of a scheduler's state. It holds names, times and errors, never
// data.
type Event struct {
	Number int64     `json:"number"`
	Time   time.Time `json:"time"`
	Writer string    `json:"writer"` // the scheduler, of which each has a name of its own
	Kind   string    `json:"event"`

	DAG        string      `json:"dag,omitempty"`
	Definition *Definition `json:"definition,omitempty"`
	Faults     []Fault     `json:"faults,omitempty"`
	Through    time.Time   `json:"through,omitzero"`
	Due        []Due       `json:"due,omitempty"`    // the runs that are queued
	Cancels    bool        `json:"cancel,omitempty"` // open runs of the DAG are ended for the first of these
	Passed     []Passed    `json:"passed,omitempty"` // the due times that are not run
	Request    *Request    `json:"request,omitempty"`

	Run     string    `json:"run,omitempty"`
	Attempt int       `json:"attempt,omitempty"`
	State   string    `json:"state,omitempty"` // how the run ended
	Code    int       `json:"code,omitempty"`
	Ran     int       `json:"ran,omitempty"`
	Error   string    `json:"error,omitempty"`
	RetryAt time.Time `json:"retry_at,omitzero"`
	// Untold says that the attempt or its run failed, and that its process could tell
	// nobody of it.
	Untold bool `json:"untold,omitempty"`

	// Process and Host are the scheduler that came, for people who read the journal: who is
	// at work now its lock tells.
	Process int    `json:"process,omitempty"`
	Host    string `json:"host,omitempty"`
}

// Reason is why an attempt ended that could not tell of it itself, in a word or two, and
// the exit code that a shell gives for that, as timeout(1) does.
func (e Event) Reason() (reason string, code int) {
	switch {
	case e.State == TimedOut:
		return TimedOut, 124
	case e.Code < 0:
		return killedBy(-e.Code), 128 - e.Code
	default:
		return "", e.Code
	}
}

func killedBy(signal int) string { return fmt.Sprintf("killed by signal %d", signal) }

// Due is a run that is queued.
type Due struct {
	ID      string    `json:"id"`
	Logical time.Time `json:"logical"`
	Cause   string    `json:"cause"`
}

// Why due times are not run.
const (
	Missed     = "missed"         // catchup
	Overlapped = "overlapped"     // overlap: skip
	HasRun     = "has run"        // the clock was set back
	OverLimit  = "over the limit" // mostOpen runs of the DAG are not over
)

// Passed are due times that follow each other and are not run.
type Passed struct {
	Why   string    `json:"why"`
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	Count int       `json:"count"`
}
