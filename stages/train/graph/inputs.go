package graph

import (
	"slices"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// input is a buffer with a mirror on the host, made once.
type input struct {
	buf    kernel.Buffer
	bytes  int64
	host   kernel.Host
	ints   []int32
	floats []float64
}

func (in *input) upload(b kernel.Backend) error   { return b.Upload(in.buf, in.host) }
func (in *input) download(b kernel.Backend) error { return b.Download(in.host, in.buf) }

// inputs are the buffers a batch is written to; only those that ops asked for exist.
type inputs struct {
	all         []*input
	idsIn       *input
	unpaddedIn  *unpadded
	stepIn      *input
	startsIn    *input
	lens, lasts []shifted
	places      []shifted
	tables      []*table
	constants   []*input
}

// shifted is an input about sequences that have front rows before their text, or whose
// first row has the position from.
type shifted struct {
	front, from int
	*input
}

// table keeps the angles of one set of rotary frequencies for the positions from,
// from+1, … of front rows and a text.
type table struct {
	freqs       []float64
	from, front int
	cos, sin    *input
}

func (in *inputs) make(g *Graph, d kernel.DType, n int) *input {
	buf, err := g.Backend().Alloc(d, n)
	if err != nil {
		g.fail("input of %d elements: %w", n, err)
	}
	i := &input{buf: buf, bytes: int64(n) * int64(d.Size())}
	in.all = append(in.all, i)
	return i
}

func (in *inputs) ints(g *Graph, n int) *input {
	i := in.make(g, kernel.I32, n)
	i.ints = make([]int32, n)
	i.host = kernel.I32s(i.ints)
	return i
}

func (in *inputs) floats(g *Graph, n int) *input {
	i := in.make(g, g.Backend().Master(), n)
	i.floats = make([]float64, n)
	i.host = kernel.F64s(i.floats)
	return i
}

func (in *inputs) ids(g *Graph) *input {
	if in.idsIn == nil {
		in.idsIn = in.ints(g, g.Rows())
	}
	return in.idsIn
}

// lengths are the rows in use of each sequence that has front rows before its text.
func (in *inputs) lengths(g *Graph, front int) *input { return in.perSequence(g, &in.lens, front) }

// last is the row of each sequence's last real token.
func (in *inputs) last(g *Graph, front int) *input { return in.perSequence(g, &in.lasts, front) }

func (in *inputs) perSequence(g *Graph, list *[]shifted, front int) *input {
	for _, s := range *list {
		if s.front == front {
			return s.input
		}
	}
	s := shifted{front: front, input: in.ints(g, g.opts.Batch)}
	*list = append(*list, s)
	return s.input
}

// constant is an input of numbers that are the same in every batch.
func (in *inputs) constant(g *Graph, numbers []int32) *input {
	for _, c := range in.constants {
		if slices.Equal(c.ints, numbers) {
			return c
		}
	}
	c := in.ints(g, len(numbers))
	copy(c.ints, numbers)
	if err := c.upload(g.Backend()); err != nil {
		g.fail("constant: %w", err)
	}
	in.constants = append(in.constants, c)
	return c
}

// starts are the first token of each token's document.
func (in *inputs) starts(g *Graph) *input {
	if in.startsIn == nil {
		in.startsIn = in.ints(g, g.Rows())
	}
	return in.startsIn
}

// step is the number of the dropout masks, low word first.
func (in *inputs) step(g *Graph) *input {
	if in.stepIn == nil {
		in.stepIn = in.ints(g, 2)
	}
	return in.stepIn
}

// set uploads the batch.
func (in *inputs) set(g *Graph, b Batch) error {
	var changed []*input
	if in.idsIn != nil {
		clear(in.idsIn.ints)
		copy(in.idsIn.ints, b.InputIDs)
		changed = append(changed, in.idsIn)
	}
	if in.unpaddedIn != nil {
		in.unpaddedIn.rows(in.idsIn.ints)
		changed = append(changed, in.unpaddedIn.input)
	}
	for _, s := range in.lens {
		s.lengths(b)
		changed = append(changed, s.input)
	}
	for _, s := range in.lasts {
		s.last(b, g.opts.Seq)
		changed = append(changed, s.input)
	}
	if in.startsIn != nil {
		clear(in.startsIn.ints)
		copy(in.startsIn.ints, b.Starts)
		changed = append(changed, in.startsIn)
	}
	changed = append(changed, in.position(g, b)...)
	if in.stepIn != nil {
		in.stepIn.ints[0], in.stepIn.ints[1] = int32(uint32(b.Step)), int32(b.Step>>32)
		changed = append(changed, in.stepIn)
	}
	for _, i := range changed {
		if err := i.upload(g.Backend()); err != nil {
			return err
		}
	}
	return nil
}

// lengths counts what stands in front, too; a row that is not real stays empty.
func (s shifted) lengths(b Batch) {
	clear(s.ints)
	for i, l := range b.Lengths {
		if l > 0 {
			s.ints[i] = l + int32(s.front)
		}
	}
}

func (s shifted) last(b Batch, seq int) {
	for i := range s.ints {
		s.ints[i] = int32(i*(s.front+seq) + s.front)
		if i < len(b.Lengths) {
			s.ints[i] += max(b.Lengths[i]-1, 0)
		}
	}
}
