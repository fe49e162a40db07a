package graph

import (
	"fmt"
	"hash"
	"hash/fnv"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/clinflow/clinflow/internal/guard"
	"github.com/clinflow/clinflow/stages/train/kernel"
)

// tapeOp is an op as Gorgonia sees it.
type tapeOp struct {
	op       *op
	id       uint64
	children []hm.Type
	out      gorgonia.Value
	place    string
	work     func() error
	tape     *tape
}

func (t *tapeOp) Arity() int { return len(t.children) }

func (t *tapeOp) Type() hm.Type {
	types := make([]hm.Type, 0, len(t.children)+1)
	return hm.NewFnType(append(append(types, t.children...), gorgonia.TypeOf(t.out))...)
}

func (t *tapeOp) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) { return t.out.Shape(), nil }

// Do ignores its inputs. The memory plan fixed where each op reads and writes;
// Gorgonia's registers only carry the order, and may be overwritten while they
// are still to be read (gorgonia issue 576).
func (t *tapeOp) Do(...gorgonia.Value) (gorgonia.Value, error) {
	if err := guard.Do(t.place, t.work); err != nil {
		t.tape.err = err
		return nil, err
	}
	return t.out, nil
}

func (t *tapeOp) ReturnsPtr() bool     { return false }
func (t *tapeOp) CallsExtern() bool    { return false }
func (t *tapeOp) OverwritesInput() int { return -1 }
func (t *tapeOp) String() string       { return t.op.name }

// WriteHash writes the op's number: Gorgonia makes two ops of one hash one node.
func (t *tapeOp) WriteHash(h hash.Hash) { fmt.Fprintf(h, "clinflow %d %s", t.id, t.op.name) }

func (t *tapeOp) Hashcode() uint32 {
	h := fnv.New32a()
	t.WriteHash(h)
	return h.Sum32()
}

// tape is a compiled Gorgonia program.
type tape struct {
	graph *gorgonia.ExprGraph
	vm    gorgonia.VM
	err   error // of the op that failed last
}

// newTape makes a Gorgonia graph of ops. Each op also depends on the one before
// it, so that TapeMachine runs them in the order the memory plan was made for.
// Gorgonia merges nodes by a hash of 32 bits alone; where two collide, another
// salt gives other hashes.
func newTape(g *Graph) (*tape, error) {
	for salt := uint64(0); salt < 8; salt++ {
		t := &tape{graph: gorgonia.NewGraph()}
		distinct, err := t.build(g, salt<<32)
		if err != nil {
			return nil, err
		}
		if distinct {
			err = guard.Do("train: compile the graph", func() error {
				t.vm = gorgonia.NewTapeMachine(t.graph)
				return nil
			})
			return t, err
		}
	}
	return nil, fmt.Errorf("graph: node hashes collide under every salt")
}

// build adds the nodes and says whether their hashes are distinct.
func (t *tape) build(g *Graph, salt uint64) (bool, error) {
	previous := t.input("batch", newValue(g.opts.Batch, g.opts.Seq))
	hashes := map[uint32]bool{previous.Hashcode(): true}
	params := map[*Param]*gorgonia.Node{}
	for _, p := range g.params.list {
		if g.used[p] {
			params[p] = t.input(fmt.Sprintf("%d %s", salt, p.name), newValue(p.shape[0], p.Len()/p.shape[0]))
			hashes[params[p].Hashcode()] = true
		}
	}
	at := map[*op]*gorgonia.Node{}
	for i, o := range g.ops {
		node, err := t.apply(g, o, salt+uint64(i), t.children(o, previous, params, at))
		if err != nil {
			return false, fmt.Errorf("graph: op %s: %w", o.name, err)
		}
		at[o], previous = node, node
		hashes[node.Hashcode()] = true
	}
	return len(hashes) == 1+len(params)+len(g.ops), nil
}

func (t *tape) input(name string, v *value) *gorgonia.Node {
	return gorgonia.NewUniqueNode(gorgonia.In(t.graph), gorgonia.WithType(matrixType), gorgonia.WithShape(v.shape...), gorgonia.WithName(name), gorgonia.WithValue(v))
}

// children lists each node o depends on once.
func (t *tape) children(o *op, previous *gorgonia.Node, params map[*Param]*gorgonia.Node, at map[*op]*gorgonia.Node) []*gorgonia.Node {
	list := []*gorgonia.Node{previous}
	seen := map[*gorgonia.Node]bool{previous: true}
	add := func(n *gorgonia.Node) {
		if n != nil && !seen[n] {
			seen[n] = true
			list = append(list, n)
		}
	}
	for _, r := range o.reads {
		add(at[r.from])
	}
	for _, p := range o.params {
		add(params[p])
	}
	return list
}

func (t *tape) apply(g *Graph, o *op, id uint64, children []*gorgonia.Node) (*gorgonia.Node, error) {
	b := g.Backend()
	tracer, _ := b.(kernel.Tracer)
	_, ahead := b.(kernel.Recorder) // the host is done with the ops long before the device
	op := &tapeOp{op: o, id: id, tape: t, place: "train: op " + o.name, out: o.result()}
	op.work = func() error {
		if err := g.params.ctx.Err(); err != nil && !ahead {
			return err
		}
		if tracer != nil {
			tracer.Op(o.name)
		}
		o.run(b)
		return nil
	}
	for _, c := range children {
		op.children = append(op.children, c.Type())
	}
	return gorgonia.ApplyOp(op, children...)
}

// result is the Gorgonia value of an op: the loss is a number on the host, and
// an op that only adds to a parameter's gradient has the number of its kind, 0.
func (o *op) result() gorgonia.Value {
	switch {
	case o.loss != nil:
		return &o.loss.host
	case o.out == nil:
		return gorgonia.NewF32(0)
	default:
		return newValue(o.out.rows, o.out.cols)
	}
}

func (t *tape) run() error {
	defer t.vm.Reset()
	t.err = nil
	if err := t.vm.RunAll(); t.err != nil {
		return t.err
	} else if err != nil {
		return fmt.Errorf("gorgonia: %w", err)
	}
	return nil
}

// value is what Gorgonia sees of a node, a parameter or the batch: a shape.
// The numbers stay in the backend's buffers.
type value struct{ shape tensor.Shape }

var _ gorgonia.Value = (*value)(nil)

// matrixType is the Gorgonia type of every value. The backend's own float type
// does not matter here: Gorgonia never touches the numbers.
var matrixType hm.Type = gorgonia.TensorType{Dims: 2, Of: tensor.Float32}

func newValue(rows, cols int) *value { return &value{tensor.Shape{rows, cols}} }

func (v *value) Shape() tensor.Shape         { return v.shape }
func (v *value) Size() int                   { return v.shape.TotalSize() }
func (v *value) Data() interface{}           { return nil }
func (v *value) Dtype() tensor.Dtype         { return tensor.Float32 }
func (v *value) Uintptr() uintptr            { return 0 }
func (v *value) MemSize() uintptr            { return 0 }
func (v *value) Type() hm.Type               { return matrixType }
func (v *value) Clone() (interface{}, error) { return v, nil }

// ZeroValue returns the value itself: gradients are ours to keep.
func (v *value) ZeroValue() gorgonia.Value { return v }

// Format prints the shape, never numbers.
func (v *value) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "%v", v.shape) }
