package ui

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/clinflow/clinflow/runners"
)

// shown is how many runs are listed; `clinflow runs list` has all.
const shown = 100

// layout is what all pages that are renewed have.
type layout struct {
	Title string
	Live  int64 // milliseconds until the page is renewed; 0: it stays as it is
}

type homeContent struct {
	layout
	Says    string
	Running []told
	DAGs    []dagRow
	Faults  []string // DAG files that cannot be read
	Runs    []told
	More    int // runs that are not listed
	Folders []*folder
	Unread  []string // folders that cannot be read, and why
}

// dagRow is a DAG of a folder, or one of a file that no folder knows.
type dagRow struct {
	Name, File string
	Folder     *folder  // nil: it is in none
	Scheduled  bool     // a scheduler knows it
	Schedule   string   // "": by hand
	Note       string   // on the schedule
	Faults     []string // that the scheduler finds
	Next       time.Time
	Last       *told
	Good       *told // the last that was done
	Runs       int
}

// Path is the address of the DAG's page.
func (d dagRow) Path() string { return dagPath(d.Folder, d.Name) }

func (s *Server) home(r *http.Request) (any, error) {
	c := homeContent{layout: layout{Title: "clinflow", Live: s.every()}, Folders: s.folders}
	var all []told
	var read []*folder
	for _, f := range s.folders {
		runs, err := f.Runs(r.Context())
		if err != nil { // it hides no other folder
			c.Unread = append(c.Unread, fmt.Sprintf("%s cannot be read: %s", f.Name(), err))
			continue
		}
		read = append(read, f)
		for _, run := range runs {
			all = append(all, tell(f, run))
		}
	}
	slices.SortStableFunc(all, func(a, b told) int { return cmp.Compare(b.ID, a.ID) })
	var dark []unread
	c.DAGs, c.Faults, dark = s.rows(r.Context(), read, all)
	for _, d := range dark {
		c.Unread = append(c.Unread, d.why)
	}
	for _, t := range all {
		if t.State == runners.Running {
			c.Running = append(c.Running, t)
		}
	}
	c.Says = summary(c.Running, all)
	c.Runs = all[:min(shown, len(all))]
	c.More = len(all) - len(c.Runs)
	return c, nil
}

// every is how often a page is renewed, in milliseconds.
func (s *Server) every() int64 {
	pause := time.Second
	for _, f := range s.folders {
		pause = max(pause, f.Every())
	}
	return pause.Milliseconds()
}

func summary(running, all []told) string {
	switch {
	case len(running) == 1:
		return "A run of " + running[0].DAG + " is at work."
	case len(running) > 1:
		return fmt.Sprintf("%d runs are at work.", len(running))
	case len(all) == 0:
		return "There is no run yet."
	default:
		return fmt.Sprintf("No run is at work. The last, of %s, began %s: %s.", all[0].DAG, ago(all[0].Started), all[0].State)
	}
}
