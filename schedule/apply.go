package schedule

import (
	"slices"
	"time"
)

// apply adds an event to the state. It is the one place where a state changes, so that
// who reads the journal comes to what its writer knew.
func (s *State) apply(e Event) {
	s.Number = e.Number
	switch e.Kind {
	case schedulerCame:
		s.Faults = nil // it tells them anew
	case filesRead:
		s.Faults = e.Faults
	case requested:
		s.Applied[e.Request.ID] = true
	}
	if e.Kind == defined && s.DAGs[e.DAG] == nil {
		s.DAGs[e.DAG] = &DAG{Since: e.Time, Through: e.Time, Passed: map[string]int{}}
	}
	if d := s.DAGs[e.DAG]; d != nil {
		d.apply(e)
	}
}

func (d *DAG) apply(e Event) {
	switch e.Kind {
	case defined:
		d.Definition, d.Retired = *e.Definition, false
	case retired:
		d.Retired = true
		d.cancelOpen(e.Time)
	case decided, clockSetBack:
		d.Through = e.Through
		for _, p := range e.Passed {
			d.Passed[p.Why] += p.Count
		}
	case requested:
		d.Paused = e.Request.Kind == Pause || d.Paused && e.Request.Kind != Resume
	default:
		if r := d.run(e.Run); r != nil && r.Open() {
			d.change(r, e)
		}
	}
	if e.Cancels {
		d.cancelOpen(e.Time)
	}
	for _, due := range e.Due {
		d.Runs = append(d.Runs, &Run{
			ID: due.ID, DAG: d.DAG, Logical: due.Logical, Cause: due.Cause, State: Queued, Order: e.Number, Queued: e.Time,
		})
	}
	d.forget()
}

// cancelOpen ends the runs that wait, and marks one that is at work.
func (d *DAG) cancelOpen(at time.Time) {
	for _, r := range d.open() {
		if r.State == Running {
			r.Cancel = Cancelled
			continue
		}
		r.end(Cancelled, at)
	}
}

// change is what an event does to a run that is not over.
func (d *DAG) change(r *Run, e Event) {
	r.Code, r.Error, r.Ran = e.Code, e.Error, e.Ran
	if e.Kind != attemptLost { // how long a lost one worked nobody knows
		r.Spent = r.spent(e.Time)
	}
	r.Counted = e.Time
	switch e.Kind {
	case attemptStarted:
		r.State, r.Attempt, r.RetryAt = Running, e.Attempt, time.Time{}
		if r.Started.IsZero() {
			r.Started = e.Time
		}
	case attemptStopped:
		r.State = Queued
	case attemptLost:
		r.State = Queued
		r.Lost++
	case retryLater:
		r.State, r.RetryAt = Retrying, e.RetryAt
		r.Tries++
	case runCancelled:
		r.Cancel = e.State
	case runEnded:
		r.end(e.State, e.Time)
		if e.State == Done {
			d.LastGood = e.Time
		}
	}
}

// forget drops the oldest runs that are over, some at a time.
func (d *DAG) forget() {
	if len(d.Runs) < historyLength+historySpare {
		return
	}
	over := len(d.Runs) - len(d.open())
	d.Runs = slices.DeleteFunc(d.Runs, func(r *Run) bool {
		if r.Open() || over <= historyLength {
			return false
		}
		over--
		return true
	})
}
