package extsort

import (
	"cmp"
	"context"
	"errors"
	"io"

	"github.com/clinflow/clinflow/dataset/parquet"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// A merge holds a piece of each run: mergeBytes of them all, but of each at least
// leastPiece, and no more than mostPiece, which costs next to no openings.
const (
	mergeBytes = 8 << 20
	leastPiece = 64 << 10
	mostPiece  = 1 << 20
)

// pieceOf is how much of a run is read at a time by a merge of so many.
func pieceOf(runs int) int64 {
	return min(max(mergeBytes/int64(max(runs, 1)), leastPiece), mostPiece)
}

// cursor walks through the rows of a run.
type cursor[T any] struct {
	rows  sequence[T]
	index int // of the run in the order of names
	row   T   // the current one
}

// sequence is the rows of a run, in their order.
type sequence[T any] interface {
	// next is the next row, and whether there is one.
	next(ctx context.Context) (row T, more bool, err error)
}

// next goes to the next row, and reports false after the last.
func (c *cursor[T]) next(ctx context.Context) (more bool, err error) {
	c.row, more, err = c.rows.next(ctx)
	return more, err
}

// rowsInFile reads a run's rows from its file.
type rowsInFile[T any] struct {
	frames
	packer parquet.Packer[T]
	order  func(a, b T) int
	last   T
}

// rowsOfRun reads a run, from a file a piece of so many bytes at a time.
func rowsOfRun[T any](run Run, ahead int64, order func(a, b T) int) (sequence[T], error) {
	if run.inMemory() {
		return waitingRows[T](run)
	}
	return &rowsInFile[T]{frames: frames{run: run, ahead: ahead}, packer: parquet.PackerOf[T](), order: order}, nil
}

func (r *rowsInFile[T]) next(ctx context.Context) (row T, more bool, err error) {
	body, more, err := r.frames.next(ctx)
	switch {
	case err != nil || !more:
		return row, false, err
	case !r.packer.Unpack(body, &row):
		return row, false, r.damaged("a row is not as it was written")
	case r.taken > 1 && r.order(row, r.last) < 0:
		return row, false, r.damaged("its rows are not in order")
	}
	r.last = row
	return row, true, nil
}

// frames walks through the packed rows of a run, of whatever type they are.
type frames struct {
	run   Run
	ahead int64  // bytes to read at a time
	read  int64  // bytes of the run
	taken int64  // rows of the run
	piece []byte // what was read, from the next row on; rows keep views of it
}

// next is the next row, packed, and whether there is one.
func (c *frames) next(ctx context.Context) (body []byte, more bool, err error) {
	if c.taken == c.run.Rows {
		return nil, false, c.ended()
	}
	body, rest, size := unframe(c.piece)
	for body == nil {
		if err := c.load(ctx, size); err != nil {
			return nil, false, err
		}
		body, rest, size = unframe(c.piece)
	}
	if !sound(c.piece, body) {
		return nil, false, c.damaged("a row is not as it was written")
	}
	c.piece = rest
	c.taken++
	return body, true, nil
}

func (c *frames) ended() error {
	if len(c.piece) == 0 && c.read == c.run.Bytes {
		return nil
	}
	return c.damaged("it has more rows than were counted")
}

func (c *frames) damaged(what string) error {
	return exit.Errorf(exit.BadData, "run %s/%s is damaged: %s; run the step again", c.run.Dir, c.run.Name, what)
}

// load reads on until the piece holds so many bytes, into new memory: rows keep
// views of the old one. The file is opened for each piece, so that the number of
// runs is not bounded by open files.
func (c *frames) load(ctx context.Context, size int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	left := c.run.Bytes - c.read
	more := min(max(int64(size-len(c.piece)), c.ahead), left)
	if int64(size-len(c.piece)) > left {
		return c.damaged("it has fewer rows than were written")
	}
	dir, err := store.Open(c.run.Dir)
	if err != nil {
		return err
	}
	piece := append(make([]byte, 0, len(c.piece)+int(more)), c.piece...)
	piece = piece[:cap(piece)]
	switch _, err := store.ReadRange(ctx, dir, c.run.Name, piece[len(c.piece):], c.run.Offset+c.read); {
	case errors.Is(err, io.EOF):
		return c.damaged("it ends too early")
	case err != nil:
		return err
	}
	c.piece, c.read = piece, c.read+more
	return nil
}

// cursorHeap is a heap of cursors by their current rows.
type cursorHeap[T any] struct {
	order   func(a, b T) int
	cursors []*cursor[T]
}

func (h *cursorHeap[T]) Len() int { return len(h.cursors) }
func (h *cursorHeap[T]) Less(i, j int) bool {
	a, b := h.cursors[i], h.cursors[j]
	return cmp.Or(h.order(a.row, b.row), cmp.Compare(a.index, b.index)) < 0
}
func (h *cursorHeap[T]) Swap(i, j int) { h.cursors[i], h.cursors[j] = h.cursors[j], h.cursors[i] }
func (h *cursorHeap[T]) Push(c any)    { h.cursors = append(h.cursors, c.(*cursor[T])) }
func (h *cursorHeap[T]) Pop() any {
	last := h.cursors[len(h.cursors)-1]
	h.cursors = h.cursors[:len(h.cursors)-1]
	return last
}
