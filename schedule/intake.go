package schedule

import "context"

// readDAGs notes which DAGs have which schedules. What it cannot read stays as it was.
func (s *scheduler) readDAGs(ctx context.Context) error {
	definitions, err := s.define()
	if err != nil {
		return nil // the function has told it
	}
	there := map[string]bool{}
	for _, d := range definitions {
		there[d.DAG] = true
		if known := s.journal.state.DAGs[d.DAG]; known != nil && !known.Retired && known.Definition == d {
			continue
		}
		if err := s.write(ctx, Event{Kind: defined, DAG: d.DAG, Definition: &d}); err != nil {
			return err
		}
	}
	for _, name := range s.journal.state.Names() {
		if !there[name] && !s.journal.state.DAGs[name].Retired {
			if err := s.write(ctx, Event{Kind: retired, DAG: name}); err != nil {
				return err
			}
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
