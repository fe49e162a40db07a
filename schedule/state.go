package schedule

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// historyLength is how many runs of a DAG that are over are remembered at least. The runs themselves are in
// the output folder's own journal.
const (
	historyLength = 400
	historySpare  = 100
)

// State is what a scheduler's journal tells: the sum of its events.
type State struct {
	Number  int64           `json:"number"` // of the last event
	DAGs    map[string]*DAG `json:"dags"`
	Applied map[string]bool `json:"applied"`          // requests that may still lie in the folder
	Faults  []Fault         `json:"faults,omitempty"` // of DAG files, as the scheduler last read them
}

// DAG is what a scheduler remembers of one.
type DAG struct {
	Definition
	Since    time.Time      `json:"since"`   // it is known; it owes no run that was due before
	Through  time.Time      `json:"through"` // due times up to here are decided
	Retired  bool           `json:"retired,omitempty"`
	Paused   bool           `json:"paused,omitempty"`
	LastGood time.Time      `json:"last_good,omitzero"` // when the last run that ended well did so
	Runs     []*Run         `json:"runs"`               // in the order in which they were queued
	Passed   map[string]int `json:"passed"`             // due times that were not run, by why

	coming coming
}

// coming is the due time after Through, found once for a definition and a Through.
type coming struct {
	of      Definition
	through time.Time
	times   Times
	due     time.Time
}

// next is the first due time that is not decided.
func (d *DAG) next() (time.Time, error) {
	if d.Retired || d.Paused {
		return time.Time{}, nil
	}
	if d.coming.of == d.Definition && d.coming.through.Equal(d.Through) {
		return d.coming.due, nil
	}
	times, err := d.Times()
	if err != nil {
		return time.Time{}, err
	}
	due, err := times.Next(d.Through)
	d.coming = coming{d.Definition, d.Through, times, due}
	return due, err
}

func newState() *State { return &State{DAGs: map[string]*DAG{}, Applied: map[string]bool{}} }

// Names are the DAGs that the state knows, sorted.
func (s *State) Names() []string { return slices.Sorted(maps.Keys(s.DAGs)) }

// faulty says whether a DAG's file could not be read.
func (s *State) faulty(file string) bool {
	return slices.ContainsFunc(s.Faults, func(f Fault) bool { return f.covers(file) })
}

// Run is the run of an id, or nil.
func (s *State) Run(id string) *Run {
	d := s.DAGs[id[:max(0, strings.LastIndexByte(id, '@'))]]
	if d == nil {
		return nil
	}
	return d.run(id)
}

func (d *DAG) run(id string) *Run {
	for _, r := range slices.Backward(d.Runs) {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// open are the runs that are not over, in their order.
func (d *DAG) open() (runs []*Run) {
	for _, r := range d.Runs {
		if r.Open() {
			runs = append(runs, r)
		}
	}
	return runs
}

// ran is the last run of a due time, or nil.
func (d *DAG) ran(due time.Time) *Run {
	for _, r := range slices.Backward(d.Runs) {
		if r.Cause != Triggered && r.Logical.Equal(due) {
			return r
		}
	}
	return nil
}
