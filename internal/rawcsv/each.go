package rawcsv

import (
	"context"
	"fmt"
	"io"

	"github.com/clinflow/clinflow/internal/guard"
)

// Each reads the records that are left. parse makes something of a block's records, on
// any of the reader's workers, in memory that may hold what it made of another block.
// take has that in the order of the file, with the number of rows before the block; until
// it returns, the records hold. Neither the calls nor the error depend on how many
// workers there are.
func Each[B any](ctx context.Context, c *Reader, parse func(b *Block, out *B) error, take func(out *B, before int64) error) error {
	f := &flow[B]{Reader: c, parse: parse, take: take}
	first := &parsing[B]{block: c.block}
	for {
		if err := f.parsed(first); err != nil {
			return err
		}
		if err := f.taken(ctx, first); err != nil {
			return unlessEOF(err)
		}
		if c.workers > 1 { // a short file is read by now
			return unlessEOF(f.beside(ctx))
		}
		c.cutter.next(&first.block)
		first.block.begin(len(c.header))
	}
}

// flow is the way of a file's blocks through Each.
type flow[B any] struct {
	*Reader
	parse func(*Block, *B) error
	take  func(*B, int64) error
}

// parsing is a block, and what is made of it.
type parsing[B any] struct {
	block Block
	out   B
}

func (f *flow[B]) parsed(p *parsing[B]) error {
	place := func() string { return fmt.Sprintf("%s: byte offset %d", f.name, p.block.start) }
	return guard.At(place, func() error { return f.parse(&p.block, &p.out) })
}

// taken has a parsed block taken, and returns why it is the last one, if it is.
func (f *flow[B]) taken(ctx context.Context, p *parsing[B]) error {
	if err := f.take(&p.out, f.rows); err != nil {
		return err
	}
	if err := f.ended(&p.block); err != nil {
		return err
	}
	f.rows += p.block.rows
	return ctx.Err()
}

// beside parses on the workers, while one block is cut and one is taken.
func (f *flow[B]) beside(ctx context.Context) error {
	var end error
	cut := func(p *parsing[B]) error {
		if end != nil {
			return io.EOF // its block is taken before
		}
		f.cutter.next(&p.block)
		end = p.block.end
		return nil
	}
	blocks := openLanes(f.name, f.workers, f.workers+2, cut, func(p *parsing[B]) error {
		p.block.begin(len(f.header))
		return f.parsed(p)
	})
	defer blocks.close()
	for {
		p, err := blocks.next()
		if err != nil {
			return err
		}
		if err := f.taken(ctx, p); err != nil {
			return err
		}
	}
}
