// Package registry keeps the adapters that are in use: for each model its versions, which
// one is current, and what became of every one that was offered. A registry is a folder,
// or one of a bucket, without a service:
//
//	MODEL/current.json            what made the current version current: one small file
//	MODEL/history/00000007.json   promoted, refused, rolled back: who, when and why
//	MODEL/versions/0003-DIGEST/   a dataset: adapters by task, their cards, the decision
//
// current.json is the truth, and the one file that is ever replaced. It is an entry of the
// history itself, so that a process that is killed right after it has lost nothing: the
// entry is read from there, and written into the history by who changes the model next.
package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// CurrentName is the file of a model that says what its current version is.
const CurrentName = "current.json"

const (
	historyFolder  = "history"
	versionsFolder = "versions"
	lockName       = "lock"
)

// Model is one model of a registry: its folder, which need not be there yet.
type Model struct{ dir store.Dir }

// Open names a model by its folder.
func Open(uri string) (Model, error) {
	dir, err := store.Open(uri)
	return Model{dir}, err
}

// URI is the model's folder.
func (m Model) URI() string { return m.dir.URI() }

// Models lists the models of a registry by name.
func Models(ctx context.Context, registry string) ([]string, error) {
	dir, err := store.Open(registry)
	if err != nil {
		return nil, err
	}
	files, err := dir.List(ctx, "")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, f := range files {
		name, rest, _ := strings.Cut(f.Name, "/")
		if rest == CurrentName || strings.HasPrefix(rest, historyFolder+"/") || strings.HasPrefix(rest, versionsFolder+"/") {
			names = append(names, name)
		}
	}
	return slices.Compact(names), nil
}

// State is what a model's files say.
type State struct {
	Current  *Entry   // nil: no version was ever promoted
	History  []Entry  // oldest first, that of Current among them
	Versions []string // complete ones, oldest first

	token   string // the version of current.json in its store
	flushed bool   // the history has the entry of Current
	last    int    // the highest number of an entry
}

// CurrentVersion is the name of the current version, "" where there is none.
func (s State) CurrentVersion() string {
	if s.Current == nil {
		return ""
	}
	return s.Current.Version
}

// Read reads a model's files. A model that is not there has none.
func (m Model) Read(ctx context.Context) (s State, err error) {
	if s.Current, s.token, err = m.current(ctx); err != nil {
		return s, err
	}
	if err := m.history(ctx, &s); err != nil {
		return s, err
	}
	s.Versions, err = m.versions(ctx)
	return s, err
}

// current reads current.json, and what its store knows it by. It is looked at before it is
// read: should another have replaced it in between, replacing it again fails.
func (m Model) current(ctx context.Context) (e *Entry, token string, err error) {
	info, err := m.dir.Stat(ctx, CurrentName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	e = new(Entry)
	return e, info.Version, m.readEntry(ctx, CurrentName, e)
}

// history reads the entries. What a killed process left under a temporary name is none.
func (m Model) history(ctx context.Context, s *State) error {
	files, err := m.dir.List(ctx, historyFolder+"/")
	if err != nil {
		return err
	}
	for _, f := range files {
		number := 0
		if _, err := fmt.Sscanf(f.Name, historyFolder+"/%08d.json", &number); err != nil || f.Name != entryName(number) {
			continue
		}
		var e Entry
		if err := m.readEntry(ctx, f.Name, &e); err != nil {
			return err
		}
		s.History, s.last = append(s.History, e), max(s.last, number)
	}
	s.flushed = s.Current == nil || slices.ContainsFunc(s.History, func(e Entry) bool { return e.ID == s.Current.ID })
	if !s.flushed {
		s.History = append(s.History, *s.Current)
	}
	return nil
}

func (m Model) readEntry(ctx context.Context, name string, e *Entry) error {
	text, err := store.ReadFile(ctx, m.dir, name)
	if err != nil {
		return err
	}
	if *e, err = parseEntry(text); err != nil {
		return fmt.Errorf("%s/%s: %w", m.URI(), name, err)
	}
	return nil
}

// parseEntry reads an entry. The error does not quote it.
func parseEntry(text []byte) (e Entry, err error) {
	if json.Unmarshal(text, &e) != nil || !e.known() {
		return Entry{}, exit.Errorf(exit.BadData, "it is damaged: no entry of a registry of models")
	}
	return e, nil
}

// versions lists the complete versions.
func (m Model) versions(ctx context.Context) ([]string, error) {
	files, err := m.dir.List(ctx, versionsFolder+"/")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, f := range files {
		folder, name := path.Split(strings.TrimPrefix(f.Name, versionsFolder+"/"))
		if folder = strings.TrimSuffix(folder, "/"); name == dataset.ManifestName && !strings.Contains(folder, "/") {
			names = append(names, folder)
		}
	}
	return names, nil
}
