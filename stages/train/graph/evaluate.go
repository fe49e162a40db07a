package graph

import "github.com/clinflow/clinflow/stages/train/kernel"

// Evaluate is a node that depends on parameters alone and on no batch: its numbers, by
// rows, and its shape.
func (ps *Params) Evaluate(of func(g *Graph) *Node) (values []float32, shape []int, err error) {
	g := New(ps, Options{Batch: 1, Seq: 1})
	node := g.Output(of(g))
	m, err := g.Compile()
	if err != nil {
		return nil, nil, err
	}
	defer m.Close()
	if _, err := m.Run(Batch{InputIDs: []int32{0}, Lengths: []int32{1}}); err != nil {
		return nil, nil, err
	}
	values = make([]float32, node.rows*node.cols)
	return values, []int{node.rows, node.cols}, m.Read(node, kernel.F32s(values))
}
