package ui

import (
	"html/template"
	"net/http"

	"github.com/clinflow/clinflow/runners"
)

type runContent struct {
	layout
	told
	Picture  template.HTML
	Timeline template.HTML
	Waiting  []runners.Outline // steps that have not begun
}

func (s *Server) run(r *http.Request) (any, error) {
	f, run, _, err := s.runOf(r)
	if err != nil {
		return nil, err
	}
	c := runContent{told: tell(f, run), layout: layout{Title: run.DAG + ": " + run.State}}
	if run.State == runners.Running {
		c.Live = s.every()
	}
	if c.Picture, err = f.draw(c.told); err != nil {
		return nil, err
	}
	if c.Timeline, err = timeline(c.told); err != nil {
		return nil, err
	}
	begun := map[string]bool{}
	for _, s := range run.Steps {
		begun[s.Step] = true
	}
	for _, o := range run.Outline {
		if !begun[o.Step] {
			c.Waiting = append(c.Waiting, o)
		}
	}
	return c, nil
}

// dagContent is a DAG with its last run's states, its runs and what they measured.
type dagContent struct {
	layout
	dagRow
	Unread  []string // what of the folder cannot be read, and why
	Runs    []told
	Picture template.HTML
	Figures []figures
}

func (s *Server) dag(r *http.Request) (any, error) {
	f, err := s.folderOf(r)
	if err != nil {
		return nil, err
	}
	records, err := f.Runs(r.Context())
	if err != nil {
		return nil, err
	}
	c := dagContent{layout: layout{Title: r.PathValue("dag"), Live: s.every()}}
	for _, run := range records {
		if run.DAG == r.PathValue("dag") {
			c.Runs = append(c.Runs, tell(f, run))
		}
	}
	rows, _, dark := s.rows(r.Context(), []*folder{f}, c.Runs)
	for _, d := range dark {
		c.Unread = append(c.Unread, d.why)
	}
	for _, row := range rows {
		if row.Folder == f && row.Name == c.Title {
			c.dagRow = row
		}
	}
	if len(c.Runs) == 0 {
		return c, noneUnless(c.Scheduled)
	}
	if c.Picture, err = f.draw(c.Runs[0]); err != nil {
		return nil, err
	}
	c.Figures, err = f.measures(r.Context(), c.Runs)
	c.Runs = c.Runs[:min(shown, len(c.Runs))]
	return c, err
}

// noneUnless says that there is no page, unless there is.
func noneUnless(there bool) error {
	if there {
		return nil
	}
	return errNone
}
