package graph

import (
	"fmt"
	"math"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// Params is a set of named parameters on one backend, shared by many graphs. It
// is used by one goroutine at a time.
type Params struct {
	backend   kernel.Backend
	list      []*Param
	byName    map[string]*Param
	workspace workspace
	err       error
}

// NewParams returns an empty set.
func NewParams(b kernel.Backend) *Params {
	return &Params{backend: b, byName: map[string]*Param{}, workspace: workspace{backend: b}}
}

// Backend returns what the parameters live on.
func (ps *Params) Backend() kernel.Backend { return ps.backend }

// Add makes a parameter of zeros. A mistake (a name twice, no memory) is kept
// and returned by Err and by every Compile.
func (ps *Params) Add(name string, mode Mode, shape ...int) *Param {
	p := &Param{set: ps, name: name, mode: mode, shape: shape}
	if ps.byName[name] != nil {
		ps.fail(fmt.Errorf("parameter %s was added twice", name))
	}
	n := p.Len()
	if n <= 0 {
		ps.fail(fmt.Errorf("parameter %s has an empty shape %v", name, shape))
		n = 1
	}
	float, master := ps.backend.Float(), ps.backend.Master()
	p.value = ps.alloc(name, float, n)
	switch {
	case ps.err != nil:
	case mode == Trainable:
		p.grad, p.m, p.v = ps.alloc(name, master, n), ps.alloc(name, master, n), ps.alloc(name, master, n)
		if master != float {
			p.master = ps.alloc(name, master, n)
		}
	case len(shape) == 2:
		ps.backend.Freeze(p.value, shape[0], shape[1])
	}
	ps.list, ps.byName[name] = append(ps.list, p), p
	return p
}

func (ps *Params) alloc(name string, d kernel.DType, n int) kernel.Buffer {
	b, err := ps.backend.Alloc(d, n)
	if err != nil {
		ps.fail(fmt.Errorf("parameter %s: %w", name, err))
	}
	return b
}

func (ps *Params) fail(err error) {
	if ps.err == nil {
		ps.err = err
	}
}

// Err returns the first mistake made with the set.
func (ps *Params) Err() error { return ps.err }

// All returns the parameters in the order they were added.
func (ps *Params) All() []*Param { return ps.list }

// Get returns the parameter of that name, nil if there is none.
func (ps *Params) Get(name string) *Param { return ps.byName[name] }

// Trainable returns the parameters that are trained, in the order they were added.
func (ps *Params) Trainable() []*Param {
	var out []*Param
	for _, p := range ps.list {
		if p.mode == Trainable {
			out = append(out, p)
		}
	}
	return out
}

// ZeroGrad sets every gradient to zero.
func (ps *Params) ZeroGrad() {
	for _, p := range ps.list {
		if p.grad != nil {
			ps.backend.Fill(p.grad, 0)
		}
	}
}

// GradNorm returns the 2-norm of all gradients together.
func (ps *Params) GradNorm() (float64, error) {
	var sum float64
	for _, p := range ps.list {
		if p.grad == nil {
			continue
		}
		s, err := ps.backend.SumSquares(p.grad)
		if err != nil {
			return 0, fmt.Errorf("gradient of %s: %w", p.name, err)
		}
		sum += s
	}
	return math.Sqrt(sum), nil
}

// Close frees every buffer of the set.
func (ps *Params) Close() {
	for _, p := range ps.list {
		for _, b := range []kernel.Buffer{p.value, p.grad, p.m, p.v, p.master} {
			if b != nil {
				ps.backend.Free(b)
			}
		}
	}
	ps.workspace.free()
	ps.list, ps.byName = nil, map[string]*Param{}
}
