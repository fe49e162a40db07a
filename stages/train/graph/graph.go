package graph

import (
	"fmt"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// Options of a graph.
type Options struct {
	Batch, Seq    int    // the shape it is compiled for
	Training      bool   // dropout is applied
	Seed          uint64 // of dropout
	Checkpointing bool   // see Checkpoint
	Positioned    bool   // Batch.Positions are the positions of the tokens; else 0, 1, …
	Packed        bool   // a row holds several documents: see Batch.Starts
}

// Graph is a computation under construction.
type Graph struct {
	params *Params
	opts   Options
	inputs inputs
	ops    []*op
	nodes  []*Node
	used   map[*Param]bool
	loss   *Node
	lossOp *lossOp
	drops  uint32
	err    error
}

// New returns an empty graph.
func New(ps *Params, o Options) *Graph {
	g := &Graph{params: ps, opts: o, used: map[*Param]bool{}}
	if o.Batch <= 0 || o.Seq <= 0 {
		g.fail("batch %d and seq %d must be positive", o.Batch, o.Seq)
		g.opts.Batch, g.opts.Seq = 1, 1
	}
	return g
}

// Err returns the first mistake made in building the graph.
func (g *Graph) Err() error {
	if g.err != nil {
		return g.err
	}
	return g.params.err
}

func (g *Graph) fail(format string, args ...any) {
	if g.err == nil {
		g.err = fmt.Errorf("graph: "+format, args...)
	}
}

// Backend returns what the graph is computed on.
func (g *Graph) Backend() kernel.Backend { return g.params.backend }

// Rows returns batch·seq.
func (g *Graph) Rows() int { return g.opts.Batch * g.opts.Seq }

// Front returns how many rows stand in front of each sequence's text in x: see Prepend.
func (g *Graph) Front(x *Node) int { return x.rows/g.opts.Batch - g.opts.Seq }

// sequences says whether x has rows for every token, and as many in front of each text.
func (g *Graph) sequences(name string, x *Node) bool {
	if x.rows%g.opts.Batch != 0 || g.Front(x) < 0 {
		g.fail("%s: the input has %d rows, not batch·seq or as many more in front of each sequence", name, x.rows)
		return false
	}
	return true
}

// Node is a matrix [rows, cols] computed by an op: rows are batch·seq tokens, more where
// something stands in front of each sequence, or batch sequences after LastToken.
type Node struct {
	rows, cols int
	from       *op   // nil: an input
	grad       *Node // the gradient of the loss, once Backward reached it
	needs      bool  // a trainable parameter is below
	output     bool  // kept until the next Run
	precise    bool  // of the backend's Master type
	place      place
}

// Rows returns the number of rows.
func (n *Node) Rows() int { return n.rows }

// Cols returns the number of columns.
func (n *Node) Cols() int { return n.cols }

// Output keeps n's values until the next Run, for Machine.Read. It returns n.
func (g *Graph) Output(n *Node) *Node {
	n.output = true
	return n
}
