package mimic

import (
	"context"
	"iter"

	"github.com/clinflow/clinflow/dataset"
)

// rowsAhead are the wanted rows of one part of a table, one row ahead in memory.
type rowsAhead[R Row] struct {
	pull   func() (R, error, bool)
	stop   func()
	wanted func(*R) bool // nil: all
	ahead  R
	more   bool
	err    error
}

func readAhead[R Row](ctx context.Context, patients *dataset.Dataset, table string, part int, wanted func(*R) bool) rowsAhead[R] {
	a := rowsAhead[R]{wanted: wanted}
	a.pull, a.stop = iter.Pull2(dataset.Read[R](ctx, patients, table, part))
	a.advance()
	return a
}

// Close ends the reading, finished or not.
func (a *rowsAhead[R]) Close() { a.stop() }

// advance goes to the next row that is wanted.
func (a *rowsAhead[R]) advance() {
	for {
		row, err, more := a.pull()
		a.ahead, a.err, a.more = row, err, more && err == nil
		if !a.more || a.wanted == nil || a.wanted(&row) {
			return
		}
	}
}
