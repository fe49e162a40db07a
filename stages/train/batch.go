package train

import "github.com/clinflow/clinflow/stages/train/graph"

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
	build    func(length int) (compiled, error)
	byLength map[int]compiled
}

func newMachines(build func(length int) (compiled, error)) *machines {
	return &machines{build, map[int]compiled{}}
}

func (m *machines) at(length int) (compiled, error) {
	if c, ok := m.byLength[length]; ok {
		return c, nil
	}
	c, err := m.build(length)
	if err == nil {
		m.byLength[length] = c
	}
	return c, err
}

// close frees the graphs' inputs.
func (m *machines) close() {
	for _, c := range m.byLength {
		c.Close()
	}
	clear(m.byLength)
}
