package graph

import (
	"errors"
	"fmt"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// Machine runs a graph. It holds the graph's inputs; everything else is in the
// workspace that all machines over one Params share, so only the latest run's
// outputs can be read.
type Machine struct {
	g          *Graph
	generation int // of the workspace the nodes point into
	tape       *tape
	warm       bool             // the tape has run where the nodes point
	recording  kernel.Recording // nil until a second run, and where the backend keeps none
}

// Memory is what the graph needs beside parameters, in bytes.
func (g *Graph) Memory() int64 {
	sizes := plan(g.ops)
	bytes := int64(sizes[0])*int64(g.Backend().Float().Size()) + int64(sizes[1])*int64(g.Backend().Master().Size())
	for _, in := range g.inputs.all {
		bytes += in.bytes
	}
	return bytes
}

// Compile plans the memory and compiles the graph. The graph must not be built
// further.
func (g *Graph) Compile() (*Machine, error) {
	if err := g.Err(); err != nil {
		return nil, err
	}
	if err := g.params.workspace.reserve(plan(g.ops)); err != nil {
		g.params.fail(err) // earlier machines have lost their workspace, too
		return nil, err
	}
	t, err := newTape(g)
	return &Machine{g: g, tape: t}, err
}

// Run runs forward, and backward if the graph has a gradient, adding to the
// gradients of the trained parameters. After the first run of a shape it
// allocates no memory for numbers.
func (m *Machine) Run(b Batch) (Result, error) {
	g := m.g
	if err := errors.Join(g.params.err, g.params.ctx.Err(), b.check(g.opts)); err != nil {
		return Result{}, err
	}
	m.bind()
	if err := g.inputs.set(g, b); err != nil {
		return Result{}, err
	}
	if g.lossOp == nil {
		return Result{}, errors.Join(m.execute(), g.Backend().Sync())
	}
	if err := g.lossOp.start(b); err != nil {
		return Result{}, err
	}
	if err := m.execute(); err != nil {
		return Result{}, errors.Join(err, g.Backend().Sync())
	}
	err := g.lossOp.finish() // waits for the device
	return g.lossOp.result, err
}

// execute runs the ops. What the first run launched is recorded in the second,
// when everything that a kernel prepares once is there.
func (m *Machine) execute() (err error) {
	r, records := m.g.Backend().(kernel.Recorder)
	switch {
	case m.recording != nil:
		m.recording.Replay()
	case records && m.warm:
		m.recording, err = r.Record(m.tape.run)
	default:
		m.warm = true
		err = m.tape.run()
	}
	return err
}

// ZeroGrad sets every gradient to zero.
func (ps *Params) ZeroGrad() {
	for _, s := range ps.slabs {
		ps.backend.Fill(s.live.grad, 0)
	}
}

// AdamW updates the trained parameters from their gradients (torch.optim.AdamW:
// weight decay is decoupled and multiplied by the learning rate). Where maxNorm is
// above zero the gradients are first scaled down to that norm together
// (torch.nn.utils.clip_grad_norm_). It does not wait for the device.
func (ps *Params) AdamW(a kernel.Adam, maxNorm float64) error {
	factor, err := ps.clip(maxNorm)
	if err != nil {
		return err
	}
	for _, s := range ps.slabs {
		t, of := s.live, a
		if s.spared && ps.spare {
			of.WeightDecay = 0
		}
		ps.backend.AdamW(t.value, t.master, t.grad, t.m, t.v, factor, of)
	}
	return nil
}

// clip returns what AdamW multiplies the gradients by, nil for 1.
func (ps *Params) clip(maxNorm float64) (kernel.Buffer, error) {
	if maxNorm <= 0 {
		return nil, nil
	}
	if ps.factor == nil {
		b, err := ps.backend.Alloc(ps.backend.Master(), 1)
		if err != nil {
			return nil, fmt.Errorf("norm of the gradients: %w", err)
		}
		ps.factor = b
	}
	gradients := make([]kernel.Buffer, len(ps.slabs))
	for i, s := range ps.slabs {
		gradients[i] = s.live.grad
	}
	ps.backend.ClipFactor(ps.factor, gradients, maxNorm)
	return ps.factor, nil
}

func (m *Machine) forget() {
	if m.recording != nil {
		m.recording.Close()
	}
	m.recording, m.warm = nil, false
}

// bind points the nodes into the workspace, again when it has moved.
func (m *Machine) bind() {
	w := &m.g.params.workspace
	if m.generation == w.generation {
		return
	}
	m.forget()
	for _, o := range m.g.ops {
		for _, n := range o.written() {
			n.place.buf = w.parts[n.part()].Slice(n.place.offset, n.place.offset+n.rows*n.cols)
		}
	}
	m.generation = w.generation
}

// Memory is what the graph needs beside parameters, in bytes.
func (m *Machine) Memory() int64 { return m.g.Memory() }

// Weight returns what b's loss divides by when Batch.Denominator is zero,
// without running anything.
func (m *Machine) Weight(b Batch) (float64, error) {
	if m.g.lossOp == nil {
		return 0, fmt.Errorf("the graph has no loss")
	}
	if err := b.check(m.g.opts); err != nil {
		return 0, err
	}
	return m.g.lossOp.prepare(b)
}

// Read copies an Output node of the last run into dst: n.Rows()·n.Cols() numbers.
func (m *Machine) Read(n *Node, dst kernel.Host) error {
	if !n.output {
		return fmt.Errorf("the node was not marked as an output")
	}
	return m.g.Backend().Download(dst, n.buf())
}

// Close frees the inputs.
func (m *Machine) Close() {
	m.forget()
	m.g.Close()
}

// Close frees the inputs of a graph that is not compiled.
func (g *Graph) Close() {
	for _, in := range g.inputs.all {
		g.Backend().Free(in.buf)
	}
	g.inputs.all = nil
}
