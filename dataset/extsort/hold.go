package extsort

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// waiting holds the rows of runs that are in memory: runKey → []*T, in their order. A
// Run crosses process boundaries as JSON, and its rows do not.
var waiting sync.Map

type runKey struct {
	name string
	part int
}

// inMemory says whether a run's rows wait in this process.
func (r Run) inMemory() bool { return r.Dir == "" }

// Hold ends the adding of rows as Close does, but leaves them in memory, where they are
// few enough: half of what rows may take is for those that wait. The runs are for a Merge
// in this process. ok is false, and nothing has changed, where rows lie in files already
// or there are too many: Close the Spill then. After Hold, Close writes the rows into
// files all the same, and Abort lets go of them.
func (s *Spill) Hold() (runs []Run, counts map[string]int64, ok bool) {
	if s.done || s.held != nil || s.flushes > 0 || !s.share.Settle(s.filling.bytes) {
		return nil, nil, false
	}
	s.held = []runKey{}
	for _, table := range slices.Sorted(maps.Keys(s.filling.tables)) {
		for part, rows := range s.filling.tables[table].sorted() {
			run := Run{Name: s.next().of(table), Table: table, Part: part, Rows: int64(rows.len())}
			s.held = append(s.held, runKey{run.Name, part})
			waiting.Store(runKey{run.Name, part}, rows)
			runs = append(runs, run)
		}
	}
	return runs, s.counts, true
}

// letGo forgets the rows that wait.
func (s *Spill) letGo() {
	for _, key := range s.held {
		waiting.Delete(key)
	}
	s.held = nil
}

// heldRows are sorted rows of any type.
type heldRows interface{ len() int }

// rowsInMemory walks through sorted rows.
type rowsInMemory[T any] struct{ rows []*T }

func (r rowsInMemory[T]) len() int { return len(r.rows) }

// waitingRows are the rows of a run in memory.
func waitingRows[T any](run Run) (*rowsInMemory[T], error) {
	known, _ := waiting.Load(runKey{run.Name, run.Part})
	rows, ok := known.(rowsInMemory[T])
	if !ok || int64(len(rows.rows)) != run.Rows {
		return nil, fmt.Errorf("run %s: its rows are not in this process", run.Name)
	}
	return &rows, nil
}

func (r *rowsInMemory[T]) next(context.Context) (row T, more bool, err error) {
	if len(r.rows) == 0 {
		return row, false, nil
	}
	row, r.rows = *r.rows[0], r.rows[1:]
	return row, true, nil
}
