package shard

import (
	"cmp"
	"container/heap"
	"context"
	"slices"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// MergeRuns writes the rows of one table into a part, in Key order, from the runs
// that hold them; runs of other tables are passed over. It streams: one row group
// of each run is in memory. Rejects are merged by
// MergeRuns[Reject](ctx, runs, TableQuarantine, out), which also counts them.
func MergeRuns[T Row](ctx context.Context, runs []Run, table string, out *PartWriter) error {
	emit, err := emitter[T](out, table)
	if err != nil {
		return err
	}
	merge, err := openRuns[T](ctx, runs, table, out.part)
	if err != nil {
		return err
	}
	for len(merge) > 0 {
		if err := emit(merge[0].rows[0]); err != nil {
			return err
		}
		more, err := merge[0].next(ctx)
		switch {
		case err != nil:
			return err
		case more:
			heap.Fix(&merge, 0)
		default:
			heap.Pop(&merge)
		}
	}
	return nil
}

func emitter[T Row](out *PartWriter, table string) (func(T) error, error) {
	if reject, ok := any(out.Reject).(func(T) error); ok {
		return reject, nil
	}
	rows, err := Rows[T](out, table)
	if err != nil {
		return nil, err
	}
	return rows.Write, nil
}

// openRuns starts a cursor on each run of the table. Runs come in any order:
// theirs is by name, which holds the raw file's index and the run's number, so
// that rows of equal keys stay in the order they were added.
func openRuns[T Row](ctx context.Context, runs []Run, table string, part int) (cursors[T], error) {
	own := slices.DeleteFunc(slices.Clone(runs), func(r Run) bool { return r.Table != table })
	slices.SortFunc(own, func(a, b Run) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.RowGroup, b.RowGroup))
	})
	var merge cursors[T]
	for i, run := range own {
		if run.Part != part {
			return nil, exit.Errorf(exit.Failed, "run %s/%s holds rows of part %d, not %d", run.Dir, run.Name, run.Part, part)
		}
		c := &cursor[T]{run: run, order: i, left: run.Rows}
		more, err := c.next(ctx)
		if err != nil {
			return nil, err
		}
		if more {
			merge = append(merge, c)
		}
	}
	heap.Init(&merge)
	return merge, nil
}

// cursor walks through a run.
type cursor[T Row] struct {
	run   Run
	order int
	group int   // row groups read
	left  int64 // rows not read
	rows  []T   // from the current row on
	key   Key   // of the current row
	store []T   // memory of rows, to be used again
}

// next goes to the next row, and reports false after the last.
func (c *cursor[T]) next(ctx context.Context) (bool, error) {
	if len(c.rows) > 0 {
		c.rows = c.rows[1:]
	}
	if len(c.rows) == 0 {
		if c.group == c.run.RowGroups {
			return false, c.ended()
		}
		if err := c.load(ctx); err != nil {
			return false, err
		}
	}
	key := c.rows[0].Key()
	if key.Compare(c.key) < 0 && c.started() {
		return false, exit.Errorf(exit.BadData, "run %s/%s is damaged: its rows are not in order; run the step again", c.run.Dir, c.run.Name)
	}
	c.key = key
	return true, nil
}

func (c *cursor[T]) started() bool { return c.key != Key{} }

func (c *cursor[T]) ended() error {
	if c.left == 0 {
		return nil
	}
	return exit.Errorf(exit.BadData, "run %s/%s is damaged: it has fewer rows than were written; run the step again", c.run.Dir, c.run.Name)
}

// load reads the next row group. The file is opened for each: the number of runs
// is then bounded neither by open files nor by the memory of their footers.
func (c *cursor[T]) load(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	dir, err := store.Open(c.run.Dir)
	if err != nil {
		return err
	}
	t, err := openTable(ctx, dir, c.run.Name)
	if err != nil {
		return err
	}
	defer t.close()
	if c.store, err = group(t, c.run.RowGroup+c.group, c.left, c.store); err != nil {
		return err
	}
	if len(c.store) == 0 {
		return t.damaged("a row group without rows")
	}
	c.rows = c.store
	c.group++
	c.left -= int64(len(c.rows))
	return nil
}

// cursors is a heap by the key of the current row.
type cursors[T Row] []*cursor[T]

func (h cursors[T]) Len() int { return len(h) }
func (h cursors[T]) Less(i, j int) bool {
	return cmp.Or(h[i].key.Compare(h[j].key), cmp.Compare(h[i].order, h[j].order)) < 0
}
func (h cursors[T]) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *cursors[T]) Push(c any)   { *h = append(*h, c.(*cursor[T])) }
func (h *cursors[T]) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
