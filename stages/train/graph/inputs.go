package graph

import (
	"math"
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
	all          []*input
	idsIn        *input
	stepIn       *input
	lens, lasts  []shifted
	tables       []table
	repeatedRows map[int]*input // by the rows of a parameter: see Repeat
}

// shifted is an input about sequences that have front rows before their text.
type shifted struct {
	front int
	*input
}

// table keeps the angles of one set of rotary frequencies for positions from, from+1, …
type table struct {
	freqs    []float64
	from     int
	cos, sin *input
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
	s := shifted{front, in.ints(g, g.opts.Batch)}
	*list = append(*list, s)
	return s.input
}

// repeated are the row numbers 0, …, n-1 once for each sequence.
func (in *inputs) repeated(g *Graph, n int) *input {
	if in.repeatedRows[n] == nil {
		i := in.ints(g, g.opts.Batch*n)
		for at := range i.ints {
			i.ints[at] = int32(at % n)
		}
		if err := i.upload(g.Backend()); err != nil {
			g.fail("repeat: %w", err)
		}
		if in.repeatedRows == nil {
			in.repeatedRows = map[int]*input{}
		}
		in.repeatedRows[n] = i
	}
	return in.repeatedRows[n]
}

// step is the number of the dropout masks, low word first.
func (in *inputs) step(g *Graph) *input {
	if in.stepIn == nil {
		in.stepIn = in.ints(g, 2)
	}
	return in.stepIn
}

// angles returns the cosines and sines of position·frequency [rows, dim/2] for rows
// positions beginning with from.
func (in *inputs) angles(g *Graph, freqs []float64, from, rows int) (cos, sin *input) {
	n := rows * len(freqs)
	for _, t := range in.tables {
		if t.from == from && slices.Equal(t.freqs, freqs) && len(t.cos.floats) == n {
			return t.cos, t.sin
		}
	}
	cos, sin = in.floats(g, n), in.floats(g, n)
	for i := range n {
		angle := float64(from+i/len(freqs)) * freqs[i%len(freqs)]
		cos.floats[i], sin.floats[i] = math.Cos(angle), math.Sin(angle)
	}
	for _, t := range []*input{cos, sin} {
		if err := t.upload(g.Backend()); err != nil {
			g.fail("rope: %w", err)
		}
	}
	in.tables = append(in.tables, table{freqs, from, cos, sin})
	return cos, sin
}

// set uploads the batch.
func (in *inputs) set(g *Graph, b Batch) error {
	var changed []*input
	if in.idsIn != nil {
		clear(in.idsIn.ints)
		copy(in.idsIn.ints, b.InputIDs)
		changed = append(changed, in.idsIn)
	}
	for _, s := range in.lens {
		s.lengths(b)
		changed = append(changed, s.input)
	}
	for _, s := range in.lasts {
		s.last(b, g.opts.Seq)
		changed = append(changed, s.input)
	}
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
