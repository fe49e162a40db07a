package schedule

import (
	"context"
	"time"
)

// limit ends what takes longer than its DAG's timeout, and interrupts what is to be ended.
func (s *scheduler) limit(ctx context.Context) error {
	for _, r := range s.open() {
		if err := s.timeOut(ctx, r); err != nil {
			return err
		}
		switch {
		case r.State != Running || r.Cancel == "":
		case s.own(r):
			s.interrupt()
		default:
			if err := s.runner.Interrupt(ctx, s.attempt(r)); err != nil {
				return err
			}
		}
	}
	return nil
}

// timeOut notes that a run has taken longer than its DAG's timeout. An attempt that an
// earlier scheduler began may have died with the machine, and another run be at work: its
// time goes on only where it works.
func (s *scheduler) timeOut(ctx context.Context, r *Run) error {
	d := s.journal.state.DAGs[r.DAG]
	if r.Cancel != "" || d.Timeout == 0 || s.spent(r) < d.Timeout {
		return nil
	}
	e := Event{Kind: runCancelled, DAG: r.DAG, Run: r.ID, State: TimedOut}
	switch {
	case r.State != Running:
		e.Kind, e.Untold = runEnded, true
	case !s.own(r):
		if working, err := s.runner.AtWork(ctx, s.attempt(r)); err != nil || !working {
			return err
		}
	}
	return s.write(ctx, e)
}

// own says whether the attempt at work is of a run, and this scheduler's.
func (s *scheduler) own(r *Run) bool { return s.process != nil && s.of == r.ID }

// spent is what counts for a run's timeout until now. Of an attempt of this process the
// clock that knows no changes tells, where there is one.
func (s *scheduler) spent(r *Run) time.Duration {
	if s.own(r) {
		return r.Spent + s.clock.Now().Sub(s.began)
	}
	return r.spent(s.now())
}

// interrupt asks the attempt at work to end, and ends it when it takes too long for that.
func (s *scheduler) interrupt() {
	switch now := s.clock.Now(); {
	case s.process == nil:
	case s.interrupted.IsZero():
		s.interrupted = now
		s.process.Interrupt()
	case now.Sub(s.interrupted) >= s.patient:
		s.process.Kill()
	}
}
