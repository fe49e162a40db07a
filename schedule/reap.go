package schedule

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/clinflow/clinflow/internal/exit"
)

// mostLost is how many attempts of a run may end with their scheduler: one that takes
// the machine down each time must not do so for ever.
const mostLost = 10

func inOrder(runs []*Run) []*Run {
	slices.SortStableFunc(runs, func(a, b *Run) int { return cmp.Compare(a.Order, b.Order) })
	return runs
}

// reap notes attempts that have ended: this scheduler's own, or one that the scheduler
// before it began.
func (s *scheduler) reap(ctx context.Context) error {
	if s.process != nil {
		result, ok := s.process.Ended()
		if !ok {
			return nil
		}
		r, stopped := s.journal.state.Run(s.of), s.stopping && !s.interrupted.IsZero()
		s.process = nil
		if r == nil || r.State != Running {
			return nil
		}
		return s.ended(ctx, r, result, stopped)
	}
	if r := s.running(); r != nil {
		return s.adopt(ctx, r)
	}
	return nil
}

// running is the run of which an attempt is at work, as far as the journal knows, or nil.
func (s *scheduler) running() *Run {
	for _, r := range s.open() {
		if r.State == Running {
			return r
		}
	}
	return nil
}

// adopt finds out what became of an attempt that an earlier scheduler began. While any
// run is at work it waits. With the output folder to itself it knows: the attempt ended,
// or it will not work any more, for an attempt that comes to the folder later finds that
// another is wanted.
func (s *scheduler) adopt(ctx context.Context, r *Run) error {
	release, ok, err := s.runner.Hold(ctx)
	if err != nil || !ok {
		return err
	}
	defer release()
	result, ok, err := s.runner.Ended(ctx, s.attempt(r))
	switch {
	case err != nil:
		return err
	case ok:
		return s.ended(ctx, r, result, result.Code == int(exit.Interrupted)) // by the scheduler, which was leaving
	case r.Cancel != "":
		return s.write(ctx, Event{Kind: runEnded, DAG: r.DAG, Run: r.ID, State: r.Cancel, Untold: r.Cancel == TimedOut})
	case r.Lost >= mostLost:
		return s.write(ctx, Event{Kind: runEnded, DAG: r.DAG, Run: r.ID, State: Failed, Code: int(exit.Failed), Untold: true,
			Error: fmt.Sprintf("%d attempts ended without a word, with the scheduler or the machine", r.Lost+1)})
	}
	return s.write(ctx, Event{Kind: attemptLost, DAG: r.DAG, Run: r.ID, Attempt: r.Attempt})
}

// ended notes how an attempt ended. stopped says that the scheduler ended it to leave.
func (s *scheduler) ended(ctx context.Context, r *Run, result Result, stopped bool) error {
	e := Event{DAG: r.DAG, Run: r.ID, Attempt: r.Attempt, Code: result.Code, Error: result.Error, Ran: result.Ran}
	d := s.journal.state.DAGs[r.DAG]
	e.Untold = result.Untold
	switch {
	case result.Code == int(exit.OK):
		e.Kind, e.State = runEnded, Done
	case r.Cancel != "":
		e.Kind, e.State = runEnded, r.Cancel
		e.Untold = r.Cancel == TimedOut && (result.Untold || result.Code == int(exit.Interrupted)) // of which a run tells nobody
	case stopped:
		e.Kind, e.Untold = attemptStopped, false
	case result.worthRetry() && r.Tries < d.Retries && !d.Retired:
		e.Kind, e.RetryAt = retryLater, s.clock.Now().Add(d.delay(r.Tries+1)).Truncate(time.Second)
	default:
		e.Kind, e.State = runEnded, Failed
	}
	return s.write(ctx, e)
}
