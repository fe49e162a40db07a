package runners

import (
	"context"
	"slices"
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
	f := follower{out: dir, run: r.ID, tell: tell, far: map[string]string{}}
	for {
		if over, err := f.news(ctx); err != nil || over {
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

// follower knows what was told of a run.
type follower struct {
	out  store.Dir
	run  string
	tell func(Event) error
	told int               // events of the journal
	far  map[string]string // how far steps at work are
}

// news tells what is new of the run, and says whether it is over.
func (f *follower) news(ctx context.Context) (over bool, err error) {
	log := runsFolder + "/" + f.run + journalSuffix
	r, err := readRun(ctx, f.out, log)
	if err != nil {
		return false, err
	}
	events, err := readEvents(ctx, f.out, log)
	if err != nil {
		return false, err
	}
	for ; f.told < len(events); f.told++ {
		if err := f.tell(events[f.told]); err != nil {
			return false, err
		}
	}
	ended := slices.ContainsFunc(events, func(e Event) bool { return e.Kind == RunEnded })
	if r.State != Running && !ended {
		err = f.tell(Event{Kind: RunEnded, Run: f.run, Outcome: OutcomeInterrupted, Error: "its process ended without a word"})
	}
	if over = r.State != Running || ended; over {
		return true, err
	}
	return false, f.atWork(r)
}

// atWork tells how far the steps at work are.
func (f *follower) atWork(r RunRecord) error {
	for _, s := range r.Steps {
		if s.Progress == "" || f.far[s.Step] == s.Progress {
			continue
		}
		f.far[s.Step] = s.Progress
		if err := f.tell(Event{Kind: StepAtWork, Run: f.run, Step: s.Step, Stage: s.Stage, Progress: s.Progress}); err != nil {
			return err
		}
	}
	return nil
}
