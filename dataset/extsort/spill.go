// Package extsort sorts more rows than memory holds. A Spill takes rows in any order
// and leaves sorted runs in files; Merge reads the runs of one part back as one
// sorted sequence. Rows are of any type that package parquet can keep; whoever adds
// them gives their table's name, their part and their order.
package extsort

import (
	"crypto/rand"
	"fmt"
	"iter"
	"maps"
	"slices"
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
	tables  map[string]heldTable
	texts   textMemory // of their rows
	share   *memory.Share
	bytes   int64 // held in memory
	flushes int
	runs    []Run
	held    []runKey // of rows that wait in memory
	counts  map[string]int64
	done    bool
}

// heldTable is the rows of one table in memory.
type heldTable interface {
	// write leaves a run for each part with rows and lets go of the rows.
	write(s *Spill, table string) error
	// sorted are the rows of each part that has some, in their order.
	sorted() iter.Seq2[int, heldRows]
}

// NewSpill begins runs, in a folder, for the raw file with the given index (0, 1, …),
// whose rows go to so many parts. Names of runs hold a random word: where runs are cut
// depends on memory, and a second attempt at the same file must not mix with the
// first. Without a budget (nil) the Spill holds as much as a default one gives.
func NewSpill(dir store.Dir, parts, file int, budget *memory.Budget) *Spill {
	return &Spill{
		dir: store.Volatile(dir), parts: parts, share: budget.Share(),
		prefix: fmt.Sprintf("file-%06d", file), suffix: strings.ToLower(rand.Text()),
		tables: map[string]heldTable{}, counts: map[string]int64{},
	}
}

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
	held, err := rowsOf(s, table, order)
	if err != nil {
		return err
	}
	s.bytes += held.add(part, row)
	if s.bytes <= s.share.Bytes() {
		return nil
	}
	return s.flush()
}

// runName is the name of the next run of a table.
func (s *Spill) runName(table string) string {
	return fmt.Sprintf("%s/%s-%06d-%s.run", table, s.prefix, s.flushes, s.suffix)
}

// Parts is the number of parts.
func (s *Spill) Parts() int { return s.parts }

// Count adds n to a count that Close returns.
func (s *Spill) Count(name string, n int64) { s.counts[name] += n }

// flush writes all rows held in memory.
func (s *Spill) flush() error {
	for _, table := range slices.Sorted(maps.Keys(s.tables)) {
		if err := s.tables[table].write(s, table); err != nil {
			return err
		}
	}
	s.texts.reset(s.share.Bytes())
	s.bytes = 0
	s.flushes++
	return nil
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
	s.tables, s.texts = nil, textMemory{}
	s.share.Return()
}
