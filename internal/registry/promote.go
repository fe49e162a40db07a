package registry

import (
	"context"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
)

// Promote makes a candidate the current version and returns the entry that says so. A
// decision counts once: one that the history has an entry of is not acted on again, so
// that a step that was killed, or is forced, neither promotes twice nor takes back a
// rollback. Where another version than the decision compared with is current, it is an
// error of exit.Retry.
func (m Model) Promote(ctx context.Context, c Candidate) (Entry, error) {
	e, err := newEntry(Promoted, c.Why, c.Run)
	if err != nil {
		return e, err
	}
	err = m.change(ctx, func(ctx context.Context, s State) error {
		if before, ok := s.Decided(c.decision()); ok {
			e = before
			return nil
		}
		if c.Decision != nil && s.CurrentVersion() != c.Over {
			return m.moved()
		}
		if err := m.covers(ctx, s, c); err != nil {
			return err
		}
		e.Before, e.Decision, e.Adapters = s.CurrentVersion(), c.decision(), c.digests()
		if e.Version, err = m.add(ctx, s, c); err != nil {
			return err
		}
		if e.Version == e.Before && c.Decision == nil {
			return exit.Errorf(exit.Usage, "%s, with these adapters, is the current version of %s already", e.Version, m.URI())
		}
		if e.Version == e.Before {
			e = *s.Current
			return nil
		}
		return m.move(ctx, &s, e)
	})
	return e, err
}

// covers refuses a candidate without an adapter for a task that the current version has
// one of: who asks the current version for it would find none.
func (m Model) covers(ctx context.Context, s State, c Candidate) error {
	if s.Current == nil {
		return nil
	}
	current, err := m.Version(ctx, s, s.Current.Version)
	if err != nil {
		return err
	}
	names, err := Tasks(current)
	var lost []string
	for _, name := range names {
		if c.Adapters[name] == nil {
			lost = append(lost, name)
		}
	}
	if err == nil && lost != nil {
		err = exit.Errorf(exit.Usage, "the current version %s has an adapter for %s, and what is to be promoted has none; give one for each task, or keep the tasks in models of their own", s.Current.Version, strings.Join(lost, ", "))
	}
	return err
}

// Refuse writes into the history that a gate refused a candidate.
func (m Model) Refuse(ctx context.Context, c Candidate) (Entry, error) {
	e, err := newEntry(Refused, c.Why, c.Run)
	if err != nil {
		return e, err
	}
	e.Decision, e.Adapters = c.decision(), c.digests()
	err = m.change(ctx, func(ctx context.Context, s State) error {
		if before, ok := s.Decided(e.Decision); ok {
			e = before
			return nil
		}
		e.Before = s.CurrentVersion()
		return m.append(ctx, &s, e)
	})
	return e, err
}

// Rollback makes an earlier version current again, "" the one before. Every byte of it is
// checked first. The version that is current already is an error of exit.Usage.
func (m Model) Rollback(ctx context.Context, version, why string) (Entry, error) {
	e, err := newEntry(RolledBack, why, "")
	if err != nil {
		return e, err
	}
	state, err := m.Read(ctx)
	if err != nil || state.Current == nil {
		return e, orNone(err, m)
	}
	err = m.change(ctx, func(ctx context.Context, s State) error {
		if version == "" {
			version = s.Previous()
		}
		if version == "" {
			return exit.Errorf(exit.Usage, "%s has no version before %s", m.URI(), s.CurrentVersion())
		}
		to, err := m.Version(ctx, s, version)
		if err != nil {
			return err
		}
		e.Version, e.Before = NameOf(to), s.CurrentVersion()
		if e.Version == e.Before {
			return exit.Errorf(exit.Usage, "%s is the current version of %s already", e.Version, m.URI())
		}
		if !slices.ContainsFunc(s.History, func(h Entry) bool { return h.Version == e.Version }) {
			return exit.Errorf(exit.Usage, "%s was never current: its promotion was cut short; promote it instead", e.Version)
		}
		if err := to.Verify(ctx); err != nil {
			return err
		}
		return m.move(ctx, &s, e)
	})
	return e, err
}

func orNone(err error, m Model) error {
	if err != nil {
		return err
	}
	return exit.Errorf(exit.Usage, "%s has no current version, so there is nothing to roll back", m.URI())
}
