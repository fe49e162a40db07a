package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/outdir"
	"github.com/clinflow/clinflow/internal/store"
)

// How long a change waits for another to end, which may be copying a whole model, and how
// often it looks.
var (
	patience  = 10 * time.Minute
	lookEvery = 50 * time.Millisecond
)

// change lets one process at a time change a model. What a killed one left is mended
// first: the entry of the current version goes into the history, and what was being
// written is removed.
func (m Model) change(ctx context.Context, do func(ctx context.Context, s State) error) error {
	dir, err := outdir.Prepare(m.URI(), historyFolder, versionsFolder)
	if err != nil {
		return err
	}
	m.dir = dir
	held, unlock, err := m.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	s, err := m.Read(held)
	if err != nil {
		return err
	}
	if !s.flushed {
		if err := m.append(held, &s, *s.Current); err != nil {
			return err
		}
	}
	if err := m.sweep(held); err != nil {
		return err
	}
	err = do(held, s)
	if lost := context.Cause(held); ctx.Err() == nil && lost != nil {
		return lost
	}
	return err
}

// lock waits for the model's lock.
func (m Model) lock(ctx context.Context) (held context.Context, unlock func(), err error) {
	text := fmt.Sprintf("%s, since %s\n", signature(), time.Now().UTC().Format(time.RFC3339))
	for end := time.Now().Add(patience); ; {
		held, unlock, by, err := store.TryLock(ctx, m.dir, lockName, text)
		switch {
		case err != nil:
			return nil, nil, err
		case unlock != nil:
			return held, unlock, nil
		case time.Now().After(end):
			return nil, nil, exit.Errorf(exit.Retry, "%s is being changed by %s; try again when that has ended", m.URI(), strings.TrimSpace(by))
		}
		select {
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		case <-time.After(lookEvery):
		}
	}
}

// sweep removes what killed processes were writing.
func (m Model) sweep(ctx context.Context) error {
	files, err := m.dir.List(ctx, "")
	if err != nil {
		return err
	}
	unfinished := map[string]bool{} // folders of versions
	for _, f := range files {
		folder, name, _ := strings.Cut(strings.TrimPrefix(f.Name, versionsFolder+"/"), "/")
		switch {
		case strings.HasPrefix(f.Name, versionsFolder+"/"):
			unfinished[folder] = unfinished[folder] || dataset.IsOfMaking(name)
		case store.IsTemporary(f.Name):
			if err := m.dir.RemoveAll(ctx, f.Name); err != nil {
				return err
			}
		}
	}
	for folder, begun := range unfinished {
		if begun {
			if err := m.clear(ctx, m.versionDir(folder)); err != nil {
				return err
			}
		}
	}
	return nil
}

// clear ends what a killed process was at in a version's folder: where the manifest is
// there, the version is whole.
func (m Model) clear(ctx context.Context, dir store.Dir) error {
	complete, err := store.Exists(ctx, dir, dataset.ManifestName)
	switch {
	case err != nil:
		return err
	case complete:
		return dataset.Tidy(ctx, dir)
	default:
		return dataset.Discard(ctx, dir)
	}
}

// move makes the version of an entry the current one. Of two that try, one does.
func (m Model) move(ctx context.Context, s *State, e Entry) error {
	text, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", CurrentName, err)
	}
	f, err := m.dir.Replace(ctx, CurrentName, s.token)
	if err != nil {
		return err
	}
	err = store.WriteAll(f, append(text, '\n'))
	if errors.Is(err, store.ErrExists) {
		return m.moved()
	}
	if err != nil {
		return err
	}
	s.Current = &e
	return m.append(ctx, s, e)
}

// moved is the error of a promotion that came second.
func (m Model) moved() error {
	return exit.Errorf(exit.Retry, "the current version of %s is another than the one that was looked at: somebody promoted or rolled back meanwhile; run again, to compare with what is current now", m.URI())
}

// append adds an entry to the history under the next number that is free.
func (m Model) append(ctx context.Context, s *State, e Entry) error {
	text, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return fmt.Errorf("write the history: %w", err)
	}
	for {
		s.last++
		err := store.WriteNew(ctx, m.dir, entryName(s.last), append(text, '\n'))
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
}
