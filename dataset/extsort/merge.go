package extsort

import (
	"cmp"
	"container/heap"
	"context"
	"iter"
	"slices"

	"github.com/clinflow/clinflow/internal/exit"
)

// Merge reads the rows of one table of one part in their order, from the runs that
// hold them; runs of other tables are passed over. It streams: a small piece of each
// run is in memory. The order is that which the rows were added with. Rows that are
// equal in it come in the order of their raw files, and of one file as they were
// added. An error ends the sequence; a run that is not as it was written is one of
// exit.BadData, one of another part an error of exit.Failed.
func Merge[T any](ctx context.Context, runs []Run, table string, part int, order func(a, b T) int) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		if err := merge(ctx, runs, table, part, order, yield); err != nil {
			var none T
			yield(none, err)
		}
	}
}

// merge returns nil where the caller wants no more rows.
func merge[T any](ctx context.Context, runs []Run, table string, part int, order func(a, b T) int, yield func(T, error) bool) error {
	open, err := openRuns(ctx, runs, table, part, order)
	if err != nil {
		return err
	}
	for open.Len() > 0 {
		first := open.cursors[0]
		if !yield(first.row, nil) {
			return nil
		}
		more, err := first.next(ctx)
		switch {
		case err != nil:
			return err
		case more:
			heap.Fix(open, 0)
		default:
			heap.Pop(open)
		}
	}
	return nil
}

// openRuns starts a cursor on each run of the table. Runs come in any order:
// theirs is by name, which holds the raw file's index and the run's number, so
// that rows of equal keys stay in the order they were added.
func openRuns[T any](ctx context.Context, runs []Run, table string, part int, order func(a, b T) int) (*cursorHeap[T], error) {
	own, err := runsOf(runs, table, part)
	if err != nil {
		return nil, err
	}
	open := &cursorHeap[T]{order: order}
	for i, run := range own {
		rows, err := rowsOfRun(run, pieceOf(len(own)), order)
		if err != nil {
			return nil, err
		}
		c := &cursor[T]{rows: rows, index: i}
		more, err := c.next(ctx)
		if err != nil {
			return nil, err
		}
		if more {
			open.cursors = append(open.cursors, c)
		}
	}
	heap.Init(open)
	return open, nil
}

// runsOf are the runs of a table, all of one part, by name and place.
func runsOf(runs []Run, table string, part int) ([]Run, error) {
	own := slices.DeleteFunc(slices.Clone(runs), func(r Run) bool { return r.Table != table })
	slices.SortFunc(own, func(a, b Run) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Offset, b.Offset))
	})
	for _, run := range own {
		if run.Part != part {
			return nil, exit.Errorf(exit.Failed, "run %s/%s holds rows of part %d, not %d", run.Dir, run.Name, run.Part, part)
		}
	}
	return own, nil
}
