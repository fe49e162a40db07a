package dataset

import (
	"cmp"
	"container/heap"
	"context"
	"slices"

	"github.com/clinflow/clinflow/internal/exit"
)

// MergeRuns writes the rows of one table into a part, in their order, from the runs
// that hold them; runs of other tables are passed over. It streams: a small piece
// of each run is in memory.
func MergeRuns[T any](ctx context.Context, runs []Run, table string, order func(a, b T) int, out *PartWriter) error {
	merge, err := openRuns(ctx, runs, table, order, out.part)
	if err != nil || merge.Len() == 0 {
		return err
	}
	rows, err := Rows[T](out, table)
	if err != nil {
		return err
	}
	for merge.Len() > 0 {
		first := merge.cursors[0]
		if err := rows.Write(first.row); err != nil {
			return err
		}
		more, err := first.next(ctx)
		switch {
		case err != nil:
			return err
		case more:
			heap.Fix(merge, 0)
		default:
			heap.Pop(merge)
		}
	}
	return nil
}

// openRuns starts a cursor on each run of the table. Runs come in any order:
// theirs is by name, which holds the raw file's index and the run's number, so
// that rows of equal keys stay in the order they were added.
func openRuns[T any](ctx context.Context, runs []Run, table string, order func(a, b T) int, part int) (*cursorHeap[T], error) {
	own := slices.DeleteFunc(slices.Clone(runs), func(r Run) bool { return r.Table != table })
	slices.SortFunc(own, func(a, b Run) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Offset, b.Offset))
	})
	merge := &cursorHeap[T]{order: order}
	for i, run := range own {
		if run.Part != part {
			return nil, exit.Errorf(exit.Failed, "run %s/%s holds rows of part %d, not %d", run.Dir, run.Name, run.Part, part)
		}
		c := &cursor[T]{run: run, layout: layoutOf[T](), order: order, index: i, ahead: pieceOf(len(own))}
		more, err := c.next(ctx)
		if err != nil {
			return nil, err
		}
		if more {
			merge.cursors = append(merge.cursors, c)
		}
	}
	heap.Init(merge)
	return merge, nil
}
