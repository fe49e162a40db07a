package schedule

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/clinflow/clinflow/internal/store"
)

// Overview is what the journal of an output folder's scheduler tells.
type Overview struct {
	Folder    string       `json:"-"`                  // the output folder
	Beside    []string     `json:"-"`                  // where no scheduler ever was: names of the folders beside it in which one was
	Scheduler store.Holder `json:"scheduler,omitzero"` // the one at work; its Process is 0 where none is
	DAGs      []Status     `json:"dags"`               // by name, those without a schedule any more aside
	// Files are what is wrong with DAG files, as the scheduler last read them.
	Files []Fault `json:"faulty_files,omitempty"`
}

// Status is how things stand with a DAG's schedule.
type Status struct {
	Definition
	Since    time.Time      `json:"since"` // it is known
	Paused   bool           `json:"paused"`
	Next     time.Time      `json:"next,omitzero"`      // when it is due next; zero: it is paused
	Runs     []Run          `json:"runs"`               // those that are remembered, the latest first, open ones among them
	LastGood time.Time      `json:"last_good,omitzero"` // when the last run that ended well did so; zero: none did
	Passed   map[string]int `json:"passed"`
	// Faults are what is wrong: no good run within its freshness, due times that the
	// scheduler does not get to, or a file that cannot be read. None: all is well.
	Faults []string `json:"faults"`
}

// Last is the run that ended last, or nil.
func (s Status) Last() *Run {
	var last *Run
	for i := range s.Runs {
		if r := &s.Runs[i]; !r.Open() && (last == nil || r.Ended.After(last.Ended)) {
			last = r
		}
	}
	return last
}

// Open are the runs that are not over, the one at work first.
func (s Status) Open() (open []Run) {
	for _, r := range slices.Backward(s.Runs) {
		if r.Open() {
			open = append(open, r)
		}
	}
	slices.SortStableFunc(open, func(a, b Run) int { return rank(a) - rank(b) })
	return open
}

func rank(r Run) int { return slices.Index([]string{Running, Retrying, Queued}, r.State) }

// Look reads the journal in an output folder, and what was asked of the scheduler and is
// not taken up yet. A folder without one has no DAGs.
func Look(ctx context.Context, out store.Dir, now time.Time) (Overview, error) {
	o := Overview{Folder: out.URI(), DAGs: []Status{}}
	dir := out.Sub(Folder)
	by, held, err := store.LockHolder(ctx, dir, lockName)
	if err != nil {
		return o, err
	}
	if held {
		o.Scheduler = store.HolderOf(by)
	}
	state, err := readState(ctx, stored{dir})
	if err != nil {
		return o, err
	}
	if o.Files = state.Faults; state.Number == 0 {
		o.Beside = beside(out)
	}
	for _, name := range state.Names() {
		if d := state.DAGs[name]; !d.Retired {
			status, err := d.status(now)
			if err != nil {
				return o, err
			}
			if state.faulty(d.File) {
				status.Faults = append(status.Faults, "its file cannot be read: it is scheduled as before")
			}
			o.DAGs = append(o.DAGs, status)
		}
	}
	return o, nil
}

// beside names the folders next to an output folder of this machine in which a scheduler
// has been at work.
func beside(out store.Dir) []string {
	names := []string{}
	path, here := out.LocalPath("")
	if !here {
		return names
	}
	for _, folder := range []string{eventsFolder, sumsFolder} {
		found, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*", Folder, folder, "*"+suffix))
		for _, name := range found {
			names = append(names, filepath.Base(filepath.Dir(filepath.Dir(filepath.Dir(name)))))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// readState is the state with what was asked for applied to it.
func readState(ctx context.Context, files files) (*State, error) {
	j, err := openJournal(ctx, files)
	if err != nil {
		return nil, err
	}
	open, _, err := j.requests(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range open {
		if d, err := j.state.known(r.DAG); err == nil {
			e := r.event(d)
			e.Number, e.Time = j.state.Number, r.Time
			j.state.apply(e)
		}
	}
	return j.state, nil
}

func (d *DAG) status(now time.Time) (Status, error) {
	s := Status{Definition: d.Definition, Since: d.Since, Paused: d.Paused, LastGood: d.LastGood, Passed: d.Passed, Runs: []Run{}, Faults: []string{}}
	for _, r := range slices.Backward(d.Runs) {
		s.Runs = append(s.Runs, *r)
	}
	var err error
	if s.Next, err = d.next(); err != nil {
		return s, fmt.Errorf("DAG %s: %w", d.DAG, err)
	}
	s.Faults = append(s.Faults, d.faults(now, s.Next)...)
	return s, nil
}

// overdue is by how much a due time may be past and not decided before the scheduler is
// told not to get to it.
const overdue = 5 * time.Minute

// faults are what Status tells of a DAG whose next due time is given.
func (d *DAG) faults(now, next time.Time) (faults []string) {
	good, since := d.LastGood, "the last one ended "
	if good.IsZero() {
		good, since = d.Since, "it is scheduled since "
	}
	if age := now.Sub(good); d.Freshness > 0 && age > d.Freshness {
		faults = append(faults, fmt.Sprintf("no good run within %s: %s%s", d.Freshness, since, good.Format(time.RFC3339)))
	}
	if !next.IsZero() && now.Sub(next) > overdue {
		faults = append(faults, fmt.Sprintf("the run that was due at %s has not been seen to by a scheduler", next.Format(time.RFC3339)))
	}
	if now.Before(d.Through.Add(-correction)) {
		faults = append(faults, fmt.Sprintf("the clock shows a time before %s, at which the scheduler was at work", d.Through.Format(time.RFC3339)))
	}
	return faults
}
