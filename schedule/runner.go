package schedule

import (
	"context"
	"time"

	"github.com/clinflow/clinflow/internal/exit"
)

// Runner is where the attempts of runs are at work, one at a time: an output folder takes
// one. What an earlier scheduler began may be at work still, for it is a process of its
// own.
type Runner interface {
	// Start begins an attempt. Before it works, with the output folder to itself, the
	// attempt must find by Admit that it is the one that is wanted.
	Start(ctx context.Context, a Attempt) (Process, error)
	// Hold keeps all runs out of the output folder until release is called. ok is false
	// where one is at work.
	Hold(ctx context.Context) (release func(), ok bool, err error)
	// Ended is how an attempt that an earlier scheduler began ended; ok is false where
	// it did not, or never began to work.
	Ended(ctx context.Context, a Attempt) (result Result, ok bool, err error)
	// AtWork says whether an attempt that an earlier scheduler began is at work on this
	// machine, where Interrupt can end it.
	AtWork(ctx context.Context, a Attempt) (bool, error)
	// Interrupt ends an attempt that an earlier scheduler began, if it is at work on this
	// machine. It may be called again and again until the attempt has ended.
	Interrupt(ctx context.Context, a Attempt) error
}

// Attempt is one try at a run.
type Attempt struct {
	Run    string // its id
	Number int    // 1 for the first
	File   string
}

// Process is an attempt at work.
type Process interface {
	// Ended is how it ended; ok is false while it is at work.
	Ended() (result Result, ok bool)
	// Interrupt asks it to end, and Kill ends it.
	Interrupt()
	Kill()
}

// Result is how an attempt ended.
type Result struct {
	Code  int // exit code; of a process that a signal ended, the negative number of the signal
	Error string
	Ran   int // steps that it ran, not those that were up to date
	// Untold says that the attempt could tell nobody that it failed.
	Untold bool
}

// worthRetry says whether another attempt may end otherwise: it says so itself, or was
// killed before it could, as for want of memory or when its node is cleared.
func (r Result) worthRetry() bool { return r.Code == int(exit.Retry) || r.Code < 0 }

// Clock tells the time and waits.
type Clock interface {
	Now() time.Time
	// Wait returns at a moment, or earlier when ctx ends or woken has something.
	Wait(ctx context.Context, until time.Time, woken <-chan struct{})
}

// machine is this machine's clock.
type machine struct{}

func (machine) Now() time.Time { return time.Now() }

func (machine) Wait(ctx context.Context, until time.Time, woken <-chan struct{}) {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-woken:
	case <-timer.C:
	}
}
