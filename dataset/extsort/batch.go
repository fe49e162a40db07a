package extsort

import (
	"iter"
	"maps"
	"slices"

	"github.com/clinflow/clinflow/internal/guard"
	"github.com/clinflow/clinflow/internal/store"
)

// batch is rows that become a run file of each table.
type batch struct {
	tables map[string]heldTable
	texts  textMemory // of their rows
	bytes  int64      // held in memory
}

func newBatch() *batch { return &batch{tables: map[string]heldTable{}} }

// heldTable is the rows of one table in memory.
type heldTable interface {
	// write leaves a run for each part with rows and lets go of the rows.
	write(to runNames, table string) ([]Run, error)
	// sorted are the rows of each part that has some, in their order.
	sorted() iter.Seq2[int, heldRows]
}

// runNames is where runs go: the last part of their names is the same for all tables.
type runNames struct {
	dir  store.Dir
	last string
}

func (r runNames) of(table string) string { return table + "/" + r.last }

// written is a batch whose rows are in files.
type written struct {
	batch *batch
	runs  []Run
	err   error
}

// write writes the rows and lets go of them. It keeps memory for so many bytes of text.
func (b *batch) write(to runNames, keep int64, done chan<- written) {
	var runs []Run
	err := guard.Do("write runs", func() error {
		for _, table := range slices.Sorted(maps.Keys(b.tables)) {
			own, err := b.tables[table].write(to, table)
			if err != nil {
				return err
			}
			runs = append(runs, own...)
		}
		return nil
	})
	b.texts.reset(keep)
	b.bytes = 0
	done <- written{b, runs, err}
}
