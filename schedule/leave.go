package schedule

import (
	"context"
	"time"
)

// stop ends the attempt at work, waits for it and leaves. The run is not over: the next
// scheduler goes on with it.
func (s *scheduler) stop(ctx context.Context, woken <-chan struct{}) error {
	s.stopping = true
	for {
		working, err := s.endWork(ctx)
		if err != nil {
			return err
		}
		if !working {
			return s.write(ctx, Event{Kind: schedulerLeft})
		}
		s.clock.Wait(ctx, s.clock.Now().Add(time.Second), woken)
	}
}

// endWork asks the attempt at work to end, one that an earlier scheduler began too, and
// says whether it is to be waited for. One that waits for the folder, or is at work on
// another machine, cannot be asked: it is for the next scheduler to adopt.
func (s *scheduler) endWork(ctx context.Context) (working bool, err error) {
	s.interrupt()
	if err := s.reap(ctx); err != nil || s.process != nil {
		return true, err
	}
	r := s.running()
	if r == nil {
		return false, nil
	}
	if working, err = s.runner.AtWork(ctx, s.attempt(r)); err != nil || !working {
		return false, err
	}
	return true, s.runner.Interrupt(ctx, s.attempt(r))
}

// abandon ends the attempt at work after the journal failed: the next scheduler finds
// out what became of it.
func (s *scheduler) abandon(ctx context.Context, woken <-chan struct{}) error {
	for s.process != nil {
		if _, ok := s.process.Ended(); ok {
			s.process = nil
			break
		}
		s.interrupt()
		s.clock.Wait(ctx, s.clock.Now().Add(time.Second), woken)
	}
	return nil
}
