package registry

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/clinflow/clinflow/dataset"
)

// Told is what is told of a model.
type Told struct {
	Model   string `json:"model"`   // its folder
	Current *Entry `json:"current"` // nil: no version was promoted yet
	// Version is the one that is shown: the current, or that which was asked for.
	Version  *ToldVersion `json:"version"`
	Versions []string     `json:"versions"`
	Previous string       `json:"previous,omitempty"` // what a rollback returns to
	History  []Entry      `json:"history"`
}

// ToldVersion is what is told of a version.
type ToldVersion struct {
	Name   string             `json:"name"`
	Folder string             `json:"folder"`
	Tasks  []string           `json:"tasks"`
	Files  []dataset.FileInfo `json:"files"` // with the sha256 of each
}

// Tell reads what is to be told of a model, and of one of its versions, "" the current.
func (m Model) Tell(ctx context.Context, version string) (Told, error) {
	s, err := m.Read(ctx)
	if err != nil {
		return Told{}, err
	}
	t := Told{Model: m.URI(), Current: s.Current, Versions: append([]string{}, s.Versions...), Previous: s.Previous(), History: append([]Entry{}, s.History...)}
	if version = cmp.Or(version, s.CurrentVersion()); version == "" {
		return t, nil
	}
	d, err := m.Version(ctx, s, version)
	if err != nil {
		return Told{}, err
	}
	names, err := Tasks(d)
	t.Version = &ToldVersion{Name: NameOf(d), Folder: d.URI(), Tasks: names, Files: d.Manifest.Files}
	return t, err
}

// Write writes it for people.
func (t Told) Write(w io.Writer) error {
	current := "none: nothing was promoted yet"
	if t.Current != nil {
		current = t.Current.Version
	}
	fmt.Fprintf(w, "%s\ncurrent: %s\n", t.Model, current)
	if t.Previous != "" {
		fmt.Fprintf(w, "before:  %s\n", t.Previous)
	}
	if v := t.Version; v != nil {
		fmt.Fprintf(w, "\nversion %s of %s, in %s\n", v.Name, strings.Join(v.Tasks, ", "), v.Folder)
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, f := range v.Files {
			fmt.Fprintf(table, "  %s\t%d bytes\tsha256 %s\n", f.Name, f.Bytes, f.SHA256)
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	fmt.Fprint(w, "\nhistory\n")
	return writeEntries(w, t.History)
}

// writeEntries writes entries, the newest first.
func writeEntries(w io.Writer, entries []Entry) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "  WHEN\tEVENT\tVERSION\tBEFORE\tBY\tRUN\tWHY\n")
	for _, e := range slices.Backward(entries) {
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\t%s\t%s\n", e.Time.Format(time.RFC3339), e.Event, cmp.Or(e.Version, "-"), cmp.Or(e.Before, "-"), e.By, cmp.Or(e.Run, "-"), e.Why)
	}
	return table.Flush()
}

// WriteList writes the models of a registry with their current versions.
func WriteList(w io.Writer, all []Told) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "MODEL\tCURRENT\tTASKS\tVERSIONS\tSINCE\tEVENT\tBY\n")
	for _, t := range all {
		name := t.Model[strings.LastIndexAny(t.Model, `/\`)+1:]
		if t.Current == nil {
			fmt.Fprintf(table, "%s\t-\t-\t%d\t-\t-\t-\n", name, len(t.Versions))
			continue
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%s\t%s\t%s\n", name, t.Current.Version, strings.Join(t.Version.Tasks, ","), len(t.Versions), t.Current.Time.Format(time.RFC3339), t.Current.Event, t.Current.By)
	}
	return table.Flush()
}
