package dataset

import (
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/clinflow/clinflow/internal/store"
)

// Run names rows of one part of one table that lie sorted in a file: the bytes
// [Offset, Offset+Bytes). It is what crosses Beam instead of the rows.
type Run struct {
	Dir    string `json:"dir"` // URI of the folder
	Name   string `json:"name"`
	Table  string `json:"table"`
	Part   int    `json:"part"`
	Offset int64  `json:"offset"`
	Bytes  int64  `json:"bytes"`
	Rows   int64  `json:"rows"`
}

// Spill takes the rows of one raw file in any order and leaves sorted runs. It
// holds rows in memory up to its share of the budget (SetMemory), then writes a
// run file for each table. It is used by one goroutine and ends with Close or
// Abort.
type Spill struct {
	dir     store.Dir
	parts   int
	prefix  string // of run names: file and attempt
	suffix  string
	tables  map[string]spillTable
	bytes   int64 // held in memory
	flushes int
	runs    []Run
	files   []FileInfo // that the runs lie in
	counts  map[string]int64
	done    bool
}

// spillTable is the rows of one table in memory.
type spillTable interface {
	// write leaves a run for each part with rows and lets go of the rows.
	write(s *Spill, table string) error
}

// NewSpill begins runs for the raw file with the given index. Their names hold a
// random word: where they are cut depends on memory, and a second attempt at the
// same file must not mix with the first.
func NewSpill(dir store.Dir, parts int, file int) *Spill {
	budget.spills.Add(1)
	return &Spill{
		dir: store.Volatile(dir), parts: parts,
		prefix: fmt.Sprintf("file-%06d", file), suffix: strings.ToLower(rand.Text()),
		tables: map[string]spillTable{}, counts: map[string]int64{},
	}
}

// Add takes a row of a table for a part. order is that of the table's rows; it is
// the same for all of them.
func Add[T any](s *Spill, table string, part int, row T, order func(a, b T) int) error {
	if s.done {
		return fmt.Errorf("table %s: a row added to a closed spill", table)
	}
	held, err := heldRows(s, table, order)
	if err != nil {
		return err
	}
	s.bytes += held.add(part, row)
	if s.bytes <= share() {
		return nil
	}
	return s.flush()
}

// Parts is the number of parts.
func (s *Spill) Parts() int { return s.parts }

// Reject takes a bad record and counts it as "quarantined" and
// "quarantined.<reason>". It has no patient: its part follows from its place.
func (s *Spill) Reject(r Reject) error {
	s.Count("quarantined", 1)
	s.Count("quarantined."+r.Reason, 1)
	place := "reject:" + r.File + ":" + strconv.FormatInt(r.Row, 10)
	return Add(s, TableQuarantine, int(xxhash.Sum64String(place)%uint64(s.parts)), r, CompareRejects)
}

// Count adds n to a count that Close returns.
func (s *Spill) Count(name string, n int64) { s.counts[name] += n }

func heldRows[T any](s *Spill, table string, order func(a, b T) int) (*rowsByPart[T], error) {
	if known, ok := s.tables[table]; ok {
		held, ok := known.(*rowsByPart[T])
		if !ok {
			return nil, fmt.Errorf("table %s: rows of two types in one spill", table)
		}
		return held, nil
	}
	l := layoutOf[T]()
	if err := checkRowType(table, l); err != nil {
		return nil, err
	}
	held := &rowsByPart[T]{layout: l, order: order, parts: make([][]*T, s.parts)}
	s.tables[table] = held
	return held, nil
}

// flush writes all rows held in memory.
func (s *Spill) flush() error {
	for _, table := range slices.Sorted(maps.Keys(s.tables)) {
		if err := s.tables[table].write(s, table); err != nil {
			return err
		}
	}
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

// Abort gives the spill's share of the budget back. Run files that it wrote stay
// until the dataset's Commit. After Close it does nothing.
func (s *Spill) Abort() {
	if s.done {
		return
	}
	s.done = true
	s.tables = nil
	budget.spills.Add(-1)
}
