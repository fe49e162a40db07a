// Package extsort sorts more rows than memory holds. A Spill takes rows in any order
// and leaves sorted runs in files; Merge reads the runs of one part back as one
// sorted sequence. Rows are of any type that package parquet can keep; whoever adds
// them gives their table's name, their part and their order.
package extsort

import (
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/clinflow/clinflow/internal/memory"
	"github.com/clinflow/clinflow/internal/store"
)

// Run names rows of one part of one table that lie sorted in a file: the bytes
// [Offset, Offset+Bytes). It is small and crosses process boundaries as JSON instead
// of the rows.
type Run struct {
	Dir    string `json:"dir"` // URI of the folder; "": the rows wait in this process's memory
	Name   string `json:"name"`
	Table  string `json:"table"`
	Part   int    `json:"part"`
	Offset int64  `json:"offset"`
	Bytes  int64  `json:"bytes"`
	Rows   int64  `json:"rows"`
}

// Spill takes the rows of one raw file in any order and leaves sorted runs. It
// holds rows in memory up to its share of a budget, then writes a run file for each
// table. It is used by one goroutine and ends with Close or Abort, Hold or not before them.
type Spill struct {
	dir     store.Dir
	parts   int
	prefix  string // of run names: file and attempt
	suffix  string
	share   *memory.Share
	filling *batch
	beside  bool
	writing chan written // nil: no batch is being written
	flushes int
	runs    []Run
	held    []runKey // of rows that wait in memory
	counts  map[string]int64
	done    bool
}

// NewSpill begins runs, in a folder, for the raw file with the given index (0, 1, …),
// whose rows go to so many parts. Names of runs hold a random word: where runs are cut
// depends on memory, and a second attempt at the same file must not mix with the
// first. Without a budget (nil) the Spill holds as much as a default one gives.
func NewSpill(dir store.Dir, parts, file int, budget *memory.Budget) *Spill {
	return &Spill{
		dir: store.Volatile(dir), parts: parts, share: budget.Share(), filling: newBatch(),
		prefix: fmt.Sprintf("file-%06d", file), suffix: strings.ToLower(rand.Text()), counts: map[string]int64{},
	}
}

// Beside has run files written by a goroutine of their own while more rows are added:
// half of the share is for the rows that are being written. Call it before Add.
func (s *Spill) Beside() { s.beside = true }

// Add takes a row of a table for a part, 0 to Parts-1. order is that of the table's
// rows, negative where a comes before b; it is the same for all of them, and so is
// their type. The row's text is copied, so that it may be a view of what changes later.
func Add[T any](s *Spill, table string, part int, row T, order func(a, b T) int) error {
	if s.done || s.held != nil {
		return fmt.Errorf("table %s: a row added to a closed spill", table)
	}
	if part < 0 || part >= s.parts {
		return fmt.Errorf("table %s: a row for part %d; there are %d parts, from 0", table, part, s.parts)
	}
	held, err := rowsOf(s.filling, s.parts, table, order)
	if err != nil {
		return err
	}
	s.filling.bytes += held.add(part, row)
	if s.filling.bytes <= s.most() {
		return nil
	}
	return s.flush()
}

// most is how many bytes of rows are held before they are written.
func (s *Spill) most() int64 {
	if s.beside {
		return s.share.Bytes() / 2
	}
	return s.share.Bytes()
}

// next is where the next runs go.
func (s *Spill) next() runNames {
	return runNames{s.dir, fmt.Sprintf("%s-%06d-%s.run", s.prefix, s.flushes, s.suffix)}
}

// Parts is the number of parts.
func (s *Spill) Parts() int { return s.parts }

// Count adds n to a count that Close returns.
func (s *Spill) Count(name string, n int64) { s.counts[name] += n }

// flush writes all rows held in memory, or begins to where that is done beside.
func (s *Spill) flush() error {
	free, err := s.written()
	if err != nil {
		return err
	}
	full, to, most := s.filling, s.next(), s.most()
	s.filling, s.writing = free, make(chan written, 1)
	s.flushes++
	if s.beside {
		go full.write(to, most, s.writing)
		return nil
	}
	full.write(to, most, s.writing)
	s.filling, err = s.written()
	return err
}

// written waits for the batch that is being written, and returns it without rows; a new
// one where none is.
func (s *Spill) written() (*batch, error) {
	if s.writing == nil {
		return newBatch(), nil
	}
	w := <-s.writing
	s.writing = nil
	s.runs = append(s.runs, w.runs...)
	return w.batch, w.err
}

// Close writes what is left and returns the runs and the counts.
func (s *Spill) Close() ([]Run, map[string]int64, error) {
	if s.done {
		return nil, nil, fmt.Errorf("%s: a spill closed or aborted twice", s.prefix)
	}
	defer s.Abort()
	if err := s.flush(); err != nil {
		return nil, nil, err
	}
	if _, err := s.written(); err != nil {
		return nil, nil, err
	}
	return s.runs, s.counts, nil
}

// Abort gives the spill's share of the budget back. Run files that it wrote stay:
// their folder is removed as a whole. After Close it does nothing.
func (s *Spill) Abort() {
	if s.done {
		return
	}
	s.done = true
	s.letGo()
	_, _ = s.written() // what it leaves is not used
	s.filling = nil
	s.share.Return()
}
