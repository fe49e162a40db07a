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
	all                           []*input
	idsIn, lensIn, lastIn, stepIn *input
	tables                        []table
}

// table keeps the angles of one set of rotary frequencies.
type table struct {
	freqs    []float64
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

func (in *inputs) lengths(g *Graph) *input {
	if in.lensIn == nil {
		in.lensIn = in.ints(g, g.opts.Batch)
	}
	return in.lensIn
}

func (in *inputs) last(g *Graph) *input {
	if in.lastIn == nil {
		in.lastIn = in.ints(g, g.opts.Batch)
	}
	return in.lastIn
}

// step is the number of the dropout masks, low word first.
func (in *inputs) step(g *Graph) *input {
	if in.stepIn == nil {
		in.stepIn = in.ints(g, 2)
	}
	return in.stepIn
}

// angles returns the cosines and sines of position·frequency [seq, dim/2].
func (in *inputs) angles(g *Graph, freqs []float64) (cos, sin *input) {
	for _, t := range in.tables {
		if slices.Equal(t.freqs, freqs) {
			return t.cos, t.sin
		}
	}
	n := g.opts.Seq * len(freqs)
	cos, sin = in.floats(g, n), in.floats(g, n)
	for i := range n {
		angle := float64(i/len(freqs)) * freqs[i%len(freqs)]
		cos.floats[i], sin.floats[i] = math.Cos(angle), math.Sin(angle)
	}
	for _, t := range []*input{cos, sin} {
		if err := t.upload(g.Backend()); err != nil {
			g.fail("rope: %w", err)
		}
	}
	in.tables = append(in.tables, table{freqs, cos, sin})
	return cos, sin
}

// set uploads the batch.
func (in *inputs) set(g *Graph, b Batch) error {
	seq := int32(g.opts.Seq)
	if in.idsIn != nil {
		clear(in.idsIn.ints)
		copy(in.idsIn.ints, b.InputIDs)
	}
	if in.lensIn != nil {
		clear(in.lensIn.ints)
		copy(in.lensIn.ints, b.Lengths)
	}
	if in.lastIn != nil {
		for i := range in.lastIn.ints {
			in.lastIn.ints[i] = int32(i) * seq
			if i < len(b.Lengths) {
				in.lastIn.ints[i] += max(b.Lengths[i]-1, 0)
			}
		}
	}
	if in.stepIn != nil {
		in.stepIn.ints[0], in.stepIn.ints[1] = int32(uint32(b.Step)), int32(b.Step>>32)
	}
	for _, i := range []*input{in.idsIn, in.lensIn, in.lastIn, in.stepIn} {
		if i != nil {
			if err := i.upload(g.Backend()); err != nil {
				return err
			}
		}
	}
	return nil
}
