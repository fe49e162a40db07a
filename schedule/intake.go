package schedule

import (
	"context"
	"slices"
)

// readDAGs notes which DAGs have which schedules. A DAG whose file has faults stays as it
// was, and holds up no other.
func (s *scheduler) readDAGs(ctx context.Context) error {
	read, err := s.define()
	if err != nil {
		return nil // told to end while it read: what is known stays as it was
	}
	if !slices.Equal(s.journal.state.Faults, read.Faults) {
		if err := s.write(ctx, Event{Kind: filesRead, Faults: read.Faults}); err != nil {
			return err
		}
	}
	there := map[string]bool{}
	for _, d := range read.Definitions {
		there[d.DAG] = true
		if known := s.journal.state.DAGs[d.DAG]; known != nil && !known.Retired && known.Definition == d {
			continue
		}
		if err := s.write(ctx, Event{Kind: defined, DAG: d.DAG, Definition: &d}); err != nil {
			return err
		}
	}
	for _, name := range s.journal.state.Names() {
		d := s.journal.state.DAGs[name]
		if there[name] || d.Retired || s.journal.state.faulty(d.File) {
			continue
		}
		if err := s.write(ctx, Event{Kind: retired, DAG: name}); err != nil {
			return err
		}
	}
	return nil
}

// takeRequests applies what was asked for. A request's file goes when the journal has it.
func (s *scheduler) takeRequests(ctx context.Context) error {
	open, applied, err := s.journal.requests(ctx)
	if err != nil {
		return err
	}
	for _, r := range open {
		e := Event{Kind: requested, DAG: r.DAG, Request: &r}
		if d, err := s.journal.state.known(r.DAG); err == nil {
			e = r.event(d)
		}
		if err := s.write(ctx, e); err != nil {
			return err
		}
		applied = append(applied, requestsFolder+r.ID+suffix)
	}
	for _, name := range applied {
		if err := s.journal.files.remove(ctx, name); err != nil {
			return err
		}
	}
	return nil
}
