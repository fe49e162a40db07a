package runners

import (
	"context"
	"time"

	"github.com/clinflow/clinflow/internal/store"
)

// Scheduled is what a scheduler says of a run that it begins.
type Scheduled struct {
	Run     string // the scheduler's id of it
	Attempt int
	// Admit is asked once the run has the output folder to itself; an error ends the run
	// before it does anything.
	Admit func(ctx context.Context, out store.Dir) error
}

// Between tries for the lock of an output folder, by a run that a scheduler begins.
const (
	lockTryEvery         = 500 * time.Millisecond
	lockTryEveryInBucket = 5 * time.Second
)

// enter takes the lock of the output folder. A run that a scheduler begins waits for it,
// and then asks whether it is still wanted.
func enter(ctx context.Context, out store.Dir, s *Scheduled) (held context.Context, unlock func(), err error) {
	if s == nil {
		return lock(ctx, out)
	}
	every := lockTryEvery
	if _, here := out.LocalPath(""); !here {
		every = lockTryEveryInBucket
	}
	for unlock == nil {
		if held, unlock, _, err = store.TryLock(ctx, out, lockName, store.Self().String()); err != nil {
			return held, unlock, err
		}
		if unlock == nil {
			if err := rest(ctx, every); err != nil {
				return nil, nil, err
			}
		}
	}
	if err := s.Admit(held, out); err != nil {
		unlock()
		return nil, nil, err
	}
	return held, unlock, nil
}

func rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Hold keeps all runs out of an output folder until release is called. ok is false where
// one is at work.
func Hold(ctx context.Context, out store.Dir) (release func(), ok bool, err error) {
	_, unlock, _, err := store.TryLock(ctx, out, lockName, store.Self().String())
	return unlock, unlock != nil, err
}

// AtWork is the process that is at work in an output folder; its Process is 0 where none
// is, or it does not tell.
func AtWork(ctx context.Context, out store.Dir) (store.Holder, error) {
	by, held, err := store.LockHolder(ctx, out, lockName)
	if err != nil || !held {
		return store.Holder{}, err
	}
	return store.HolderOf(by), nil
}

// WorksOn is the process that is at work on a run, which has no end in its journal; its
// Process is 0 where none is, or another run is at work in the folder.
func WorksOn(ctx context.Context, out store.Dir, r RunRecord) (store.Holder, error) {
	h, err := AtWork(ctx, out)
	if err != nil || !r.begunBy(h) {
		return store.Holder{}, err
	}
	return h, nil
}

// FindScheduled is the run that was an attempt of a scheduler's; ok is false where there
// is none.
func FindScheduled(ctx context.Context, out store.Dir, run string, attempt int) (r RunRecord, ok bool, err error) {
	logs, err := journals(ctx, out)
	if err != nil {
		return r, false, err
	}
	for _, log := range logs {
		if r, err = readToDamage(ctx, out, log); err != nil {
			return r, false, err
		}
		if r.Scheduled == run && r.Attempt == attempt {
			return r, true, nil
		}
	}
	return RunRecord{}, false, nil
}

// Ran counts the steps that were done, not those that were up to date.
func (r RunRecord) Ran() (n int) {
	for _, s := range r.Steps {
		if s.State == OutcomeDone {
			n++
		}
	}
	return n
}
