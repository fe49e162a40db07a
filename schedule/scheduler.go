package schedule

import (
	"context"
	"errors"
	"time"

	"github.com/clinflow/clinflow/internal/exit"
)

// scheduler is the one that is at work in an output folder. It changes nothing but by
// events, and begins nothing that is not in the journal: look is the whole of it.
type scheduler struct {
	journal *journal
	runner  Runner
	clock   Clock
	define  func() (Reading, error) // reads the DAG files
	tell    func(Event, *Run)       // is told every event, with its run if it is of one
	patient time.Duration           // how long an interrupted attempt may take to end
	poll    time.Duration           // the longest that it does not look around

	process     Process // nil: no attempt of this scheduler is at work
	of          string  // the run of process
	began       time.Time
	interrupted time.Time // when process was asked to end
	stopping    bool      // nothing is begun any more
}

// Patience is how long an attempt that was asked to end may take for it before it is ended
// at once: a training ends between two steps.
const Patience = 2 * time.Minute

// poll is the longest that the scheduler does not look around, for requests, for changed
// DAG files and, since clocks are changed and machines sleep, at the time. In a bucket
// each look is a request that is paid for.
const (
	poll         = 3 * time.Second
	pollInBucket = 30 * time.Second
)

// look does what is to be done now, and says when there may be something next.
func (s *scheduler) look(ctx context.Context) (next time.Time, err error) {
	for _, do := range []func(context.Context) error{s.readDAGs, s.takeRequests, s.reap, s.decide, s.limit, s.begin} {
		if err := do(ctx); err != nil {
			return time.Time{}, err
		}
	}
	return s.next()
}

// now is the time as the clock shows it: a clock that was changed is to be seen.
func (s *scheduler) now() time.Time { return s.clock.Now().UTC().Round(0) }

func (s *scheduler) write(ctx context.Context, e Event) error {
	if err := s.journal.write(ctx, s.now(), e); err != nil {
		return err
	}
	if s.tell != nil {
		s.tell(e, s.journal.state.Run(e.Run))
	}
	return nil
}

// decide says of every DAG what becomes of the times that have come.
func (s *scheduler) decide(ctx context.Context) error {
	for _, name := range s.journal.state.Names() {
		for !s.stopping {
			e, err := s.journal.state.DAGs[name].decide(s.now())
			if err != nil {
				return err
			}
			if e == nil {
				break
			}
			if err := s.write(ctx, *e); err != nil {
				return err
			}
		}
	}
	return nil
}

// open are the runs that are not over, in the order in which they began to wait.
func (s *scheduler) open() (runs []*Run) {
	for _, name := range s.journal.state.Names() {
		runs = append(runs, s.journal.state.DAGs[name].open()...)
	}
	return inOrder(runs)
}

func (s *scheduler) attempt(r *Run) Attempt {
	return Attempt{Run: r.ID, Number: r.Attempt, File: s.journal.state.DAGs[r.DAG].File}
}

// begin begins the run that waits longest, if none is at work.
func (s *scheduler) begin(ctx context.Context) error {
	r := s.nextRun()
	if s.stopping || r == nil {
		return nil
	}
	if err := s.write(ctx, Event{Kind: attemptStarted, DAG: r.DAG, Run: r.ID, Attempt: r.Attempt + 1}); err != nil {
		return err
	}
	process, err := s.runner.Start(ctx, s.attempt(r))
	if err != nil {
		return s.ended(ctx, r, Result{Code: int(exit.Of(err)), Error: err.Error(), Untold: true}, false)
	}
	s.process, s.of, s.began, s.interrupted = process, r.ID, s.clock.Now(), time.Time{}
	return nil
}

// nextRun is the run to begin now, or nil. Runs of a DAG begin one after the other; those
// of a DAG that is paused wait, but for those that somebody asked for.
func (s *scheduler) nextRun() *Run {
	busy := map[string]bool{}
	var next *Run
	for _, r := range s.open() {
		switch {
		case r.State == Running:
			return nil
		case busy[r.DAG]:
		case r.State == Retrying && s.now().Before(r.RetryAt):
			busy[r.DAG] = true
		case s.journal.state.DAGs[r.DAG].Paused && !r.asked() && r.State == Queued && r.Attempt == 0:
		default:
			busy[r.DAG] = true
			if next == nil {
				next = r
			}
		}
	}
	return next
}

// next is when there is something to do by the clock.
func (s *scheduler) next() (time.Time, error) {
	now := s.now()
	next := now.Add(s.poll)
	earlier := func(t time.Time) {
		if t.After(now) && t.Before(next) {
			next = t
		}
	}
	for _, d := range s.journal.state.DAGs {
		due, err := d.next()
		if err != nil {
			return time.Time{}, err
		}
		earlier(due)
		for _, r := range d.open() {
			earlier(r.RetryAt)
			earlier(now.Add(d.Timeout - s.spent(r)))
		}
	}
	if s.process != nil && !s.interrupted.IsZero() {
		earlier(s.interrupted.Add(s.patient))
	}
	return next, nil
}

// run looks until ctx ends, then stops.
func (s *scheduler) run(ctx context.Context, woken <-chan struct{}) error {
	whole := context.WithoutCancel(ctx)
	for ctx.Err() == nil {
		next, err := s.look(ctx)
		switch {
		case err != nil && ctx.Err() != nil: // the end came in between
		case err != nil:
			return errors.Join(err, s.abandon(whole, woken))
		default:
			s.clock.Wait(ctx, next, woken)
		}
	}
	return s.stop(whole, woken)
}
