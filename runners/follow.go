package runners

import (
	"context"
	"time"

	"github.com/clinflow/clinflow/internal/store"
)

// How often a journal is looked at that grows: one of this machine, and one in a bucket,
// where each line is a request.
const (
	lookHere      = 200 * time.Millisecond
	lookElsewhere = 5 * time.Second
)

// Follow tells the events of a run, those of before first, until it ends. A run whose
// process ended without a word ends with an event RunEnded of OutcomeInterrupted, which
// is in no journal. id is as FindRun takes it.
func Follow(ctx context.Context, out, id string, tell func(Event) error) error {
	r, err := FindRun(ctx, out, id)
	if err != nil {
		return err
	}
	dir, err := store.Open(out)
	if err != nil {
		return err
	}
	tick := time.NewTicker(LookAgain(dir))
	defer tick.Stop()
	told := 0
	for {
		gone := false
		if told, gone, err = news(ctx, dir, r.ID, told, tell); err != nil || gone {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// LookAgain is how often it is worth to look at what runs in a folder write.
func LookAgain(out store.Dir) time.Duration {
	if _, local := out.LocalPath(""); local {
		return lookHere
	}
	return lookElsewhere
}

// news tells what a journal holds beyond what was told of it, and whether the run is over.
func news(ctx context.Context, out store.Dir, run string, told int, tell func(Event) error) (now int, over bool, err error) {
	log := runsFolder + "/" + run + journalSuffix
	r, err := readRun(ctx, out, log)
	if err != nil {
		return told, false, err
	}
	events, err := readEvents(ctx, out, log)
	if err != nil {
		return told, false, err
	}
	ended := false
	for i, e := range events {
		ended = ended || e.Kind == RunEnded
		if i < told {
			continue
		}
		if err := tell(e); err != nil {
			return told, false, err
		}
	}
	if r.State != Running && !ended {
		err = tell(Event{Kind: RunEnded, Run: run, Outcome: OutcomeInterrupted, Error: "its process ended without a word"})
	}
	return len(events), r.State != Running || ended, err
}
