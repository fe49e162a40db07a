package graph

import (
	"fmt"
	"math"
	"slices"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// Batch is what one run sees: n ≤ Options.Batch rows, the rest is filled with
// rows of zero weight.
type Batch struct {
	InputIDs   []int32   // [n, seq], padded on the right with any id of the vocabulary
	Lengths    []int32   // [n], real tokens of each row, 0 to seq
	RowWeights []float64 // [n], nil: ones; a row of length 0 always weighs 0
	Labels     []int32   // [n], for CrossEntropy
	Targets    []float32 // [n, labels], 0 or 1, for SigmoidCrossEntropy
	// Denominator divides the loss and its gradient; 0: this batch's own weight.
	// With the sum of Machine.Weight over micro-batches, their gradients add up
	// to those of one large batch.
	Denominator float64
	Step        uint64 // the number of the dropout masks
}

func (b Batch) weight(row int) float64 {
	switch {
	case row >= len(b.Lengths) || b.Lengths[row] == 0:
		return 0
	case b.RowWeights == nil:
		return 1
	default:
		return b.RowWeights[row]
	}
}

func (b Batch) check(o Options) error {
	n := len(b.Lengths)
	if n == 0 || n > o.Batch || len(b.InputIDs) != n*o.Seq || b.RowWeights != nil && len(b.RowWeights) != n {
		return fmt.Errorf("batch: %d rows, %d input ids and %d row weights do not fit a graph of batch %d, seq %d", n, len(b.InputIDs), len(b.RowWeights), o.Batch, o.Seq)
	}
	for i, l := range b.Lengths {
		if l < 0 || int(l) > o.Seq {
			return fmt.Errorf("batch: the length of row %d is not within 0 and %d", i, o.Seq)
		}
	}
	return nil
}

// input is a buffer with a mirror on the host, made once.
type input struct {
	buf    kernel.Buffer
	host   kernel.Host
	ints   []int32
	floats []float64
}

func (in *input) upload(b kernel.Backend) error   { return b.Upload(in.buf, in.host) }
func (in *input) download(b kernel.Backend) error { return b.Download(in.host, in.buf) }

// inputs are the buffers a batch is written to; only those that ops asked for exist.
type inputs struct {
	all                   []*input
	idsIn, lensIn, lastIn *input
	tables                []table
	step                  uint64
}

// table keeps the angles of one set of rotary frequencies.
type table struct {
	freqs    []float64
	cos, sin *input
}

func (in *inputs) make(g *Graph, d kernel.DType, n int) *input {
	buf, err := g.backend().Alloc(d, n)
	if err != nil {
		g.fail("input of %d elements: %w", n, err)
	}
	i := &input{buf: buf}
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
	i := in.make(g, g.backend().Master(), n)
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
		if err := t.upload(g.backend()); err != nil {
			g.fail("rope: %w", err)
		}
	}
	in.tables = append(in.tables, table{freqs, cos, sin})
	return cos, sin
}

// set uploads the batch.
func (in *inputs) set(g *Graph, b Batch) error {
	in.step = b.Step
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
	for _, i := range []*input{in.idsIn, in.lensIn, in.lastIn} {
		if i != nil {
			if err := i.upload(g.backend()); err != nil {
				return err
			}
		}
	}
	return nil
}
