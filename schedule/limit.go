package schedule

import (
	"context"
	"time"
)

// limit ends what takes longer than its DAG's timeout, and interrupts what is to be ended.
func (s *scheduler) limit(ctx context.Context) error {
	for _, r := range s.open() {
		d := s.journal.state.DAGs[r.DAG]
		if r.Cancel == "" && !r.Started.IsZero() && d.Timeout > 0 && s.since(r) >= d.Timeout {
			e := Event{Kind: runCancelled, DAG: r.DAG, Run: r.ID, State: TimedOut}
			if r.State != Running {
				e.Kind, e.Untold = runEnded, true
			}
			if err := s.write(ctx, e); err != nil {
				return err
			}
		}
		if r.State != Running || r.Cancel == "" {
			continue
		}
		if s.process == nil || s.of != r.ID {
			if err := s.runner.Interrupt(ctx, s.attempt(r)); err != nil {
				return err
			}
			continue
		}
		s.interrupt()
	}
	return nil
}

// since is how long ago a run began. Of an attempt of this process the clock that knows
// no changes tells, where there is one.
func (s *scheduler) since(r *Run) time.Duration {
	if s.process != nil && s.of == r.ID && r.Attempt == 1 {
		return s.clock.Now().Sub(s.began)
	}
	return s.now().Sub(r.Started)
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
