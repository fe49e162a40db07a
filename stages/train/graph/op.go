package graph

import "github.com/clinflow/clinflow/stages/train/kernel"

// op is one step of the computation, in the order it was added. It becomes one
// Gorgonia node.
type op struct {
	name    string
	reads   []*Node
	params  []*Param
	out     *Node   // nil: it only adds to the gradient of a parameter
	side    []*Node // what it also writes: saved for the gradient, or scratch
	inplace *Node   // among reads: out may overwrite it where nothing reads it later
	run     func(b kernel.Backend)
	back    func(dy *Node) // writes the gradient ops; nil: no gradient flows
	redo    func() *Node   // computes out once more; nil: out is kept for the gradient
	loss    *lossOp        // the op ends the graph with a number on the host
}

// node returns a new matrix in the workspace.
func (g *Graph) node(rows, cols int) *Node {
	n := &Node{rows: rows, cols: cols}
	g.nodes = append(g.nodes, n)
	return n
}

// sums returns a new matrix of the backend's Master type.
func (g *Graph) sums(rows, cols int) *Node {
	n := g.node(rows, cols)
	n.precise = true
	return n
}

// emit appends o and returns its output.
func (g *Graph) emit(o *op) *Node {
	g.ops = append(g.ops, o)
	if o.out != nil {
		o.out.from = o
		o.out.needs = o.back != nil && reaches(o)
	}
	for _, p := range o.params {
		g.used[p] = true
	}
	return o.out
}

// reaches says whether a trainable parameter lies below o.
func reaches(o *op) bool {
	for _, p := range o.params {
		if p.mode == Trainable {
			return true
		}
	}
	for _, n := range o.reads {
		if n.needs {
			return true
		}
	}
	return false
}

// buf returns where the node's numbers are, while the graph runs.
func (n *Node) buf() kernel.Buffer { return n.place.buf }
