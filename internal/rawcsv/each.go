package rawcsv

import (
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sync/errgroup"

	"github.com/clinflow/clinflow/internal/guard"
)

// Each reads the records that are left. parse makes something of a block's records, on
// any of the reader's workers, in memory that may hold what it made of another block.
// take has that in the order of the file, with the number of rows before the block; until
// it returns, the records hold. Neither the calls nor the error depend on how many
// workers there are.
func Each[B any](ctx context.Context, c *Reader, parse func(b *Block, out *B) error, take func(out *B, before int64) error) error {
	f := &flow[B]{Reader: c, parse: parse, take: take}
	var out B
	for {
		if err := f.parsed(&c.block, &out); err != nil {
			return err
		}
		if err := f.taken(&c.block, &out); err != nil {
			return unlessEOF(err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if c.workers > 1 { // a short file is read by now
			return f.beside(ctx)
		}
		c.next()
	}
}

// flow is the way of a file's blocks through Each.
type flow[B any] struct {
	*Reader
	parse func(*Block, *B) error
	take  func(*B, int64) error
	free  chan *job[B]
	work  chan *job[B] // to be parsed
	order chan *job[B] // to be taken
}

// job is a block on its way.
type job[B any] struct {
	block  Block
	out    B
	parsed chan error
}

func (f *flow[B]) parsed(b *Block, out *B) error {
	place := func() string { return fmt.Sprintf("%s: byte offset %d", f.name, b.start) }
	return guard.At(place, func() error { return f.parse(b, out) })
}

// taken has a parsed block taken, and returns why it is the last one, if it is.
func (f *flow[B]) taken(b *Block, out *B) error {
	if err := f.take(out, f.rows); err != nil {
		return err
	}
	err := f.ended(b)
	f.rows += b.rows
	return err
}

// unlessEOF is the error of a file that ended otherwise than it should.
func unlessEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// beside parses on the workers, while one block is cut and one is taken.
func (f *flow[B]) beside(ctx context.Context) error {
	jobs := f.workers + 2
	f.free, f.work, f.order = make(chan *job[B], jobs), make(chan *job[B], jobs), make(chan *job[B], jobs)
	for range jobs {
		f.free <- &job[B]{parsed: make(chan error, 1)}
	}
	cutting, stop := context.WithCancel(ctx)
	var group errgroup.Group
	group.Go(func() error {
		defer close(f.work)
		defer close(f.order)
		return guard.Do(f.name, func() error { return f.cutAll(cutting) })
	})
	for range f.workers {
		group.Go(f.parseAll)
	}
	err := f.takeAll()
	stop()
	return errors.Join(err, group.Wait(), ctx.Err())
}

// cutAll hands every block to be parsed, and puts it in the order to be taken in.
func (f *flow[B]) cutAll(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case j := <-f.free:
			f.cutter.next(&j.block)
			f.work <- j
			f.order <- j
			if j.block.end != nil {
				return nil
			}
		}
	}
}

func (f *flow[B]) parseAll() error {
	for j := range f.work {
		j.block.begin(len(f.header))
		j.parsed <- f.parsed(&j.block, &j.out)
	}
	return nil
}

func (f *flow[B]) takeAll() error {
	for j := range f.order {
		if err := <-j.parsed; err != nil {
			return err
		}
		if err := f.taken(&j.block, &j.out); err != nil {
			return unlessEOF(err)
		}
		f.free <- j
	}
	return nil
}
