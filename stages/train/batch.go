package train

import (
	"errors"

	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
)

// tensors lays the rows of a batch out as a graph reads them: input_ids
// [rows, length] padded on the right with 0, which no loss looks at.
func (e examples) tensors(b batch) graph.Batch {
	in := graph.Batch{InputIDs: make([]int32, len(b.rows)*b.length), Lengths: make([]int32, len(b.rows))}
	for i, row := range b.rows {
		in.Lengths[i] = int32(copy(in.InputIDs[i*b.length:(i+1)*b.length], e[row].InputIDs))
	}
	return in
}

// inOrder cuts the rows into batches of like length without shuffling them.
func (e examples) inOrder(size int) []batch {
	order := make([]int, len(e))
	for i := range order {
		order[i] = i
	}
	return batches(order, e.lengths(), size, bucketLengths(e.longest()))
}

// compiled is a graph ready to run and the node that is read from it; nil where
// the loss is all.
type compiled struct {
	*graph.Machine
	logits *graph.Node
}

// machines are the compiled graphs of one purpose, one for each padded length.
type machines struct {
	options graph.Options // of all of them but Seq
	// build makes the graph of a shape and the node that is read from it.
	build    func(graph.Options) (*graph.Graph, *graph.Node, error)
	byLength map[int]compiled
}

func newMachines(o graph.Options, build func(graph.Options) (*graph.Graph, *graph.Node, error)) *machines {
	return &machines{o, build, map[int]compiled{}}
}

func (m *machines) at(length int) (compiled, error) {
	if c, ok := m.byLength[length]; ok {
		return c, nil
	}
	o := m.options
	o.Seq = length
	g, read, err := m.build(o)
	if err != nil {
		return compiled{}, err
	}
	machine, err := g.Compile()
	if errors.Is(err, kernel.ErrMemory) {
		return compiled{}, m.tooLarge(o, g, err)
	}
	if err != nil {
		return compiled{}, err
	}
	c := compiled{machine, read}
	m.byLength[length] = c
	return c, nil
}

// close frees the graphs' inputs.
func (m *machines) close() {
	for _, c := range m.byLength {
		c.Close()
	}
	clear(m.byLength)
}
