package graph

import (
	"context"
	"fmt"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// Params is a set of named parameters on one backend, shared by many graphs. It
// is used by one goroutine at a time.
type Params struct {
	backend   kernel.Backend
	list      []*Param
	byName    map[string]*Param
	slabs     []*slab // of the trained ones
	spare     bool    // see SpareBiasesAndNorms
	workspace workspace
	factor    kernel.Buffer // what clipping multiplies the gradients by; nil until it is asked for
	ctx       context.Context
	err       error
}

// NewParams returns an empty set.
func NewParams(b kernel.Backend) *Params {
	return &Params{backend: b, byName: map[string]*Param{}, workspace: workspace{backend: b}, ctx: context.Background()}
}

// Until has every later run over the parameters end with ctx's error when ctx ends:
// before it begins, and between two ops where the host waits for each.
func (ps *Params) Until(ctx context.Context) { ps.ctx = ctx }

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
	var err error
	if mode == Trainable {
		p.tensors, err = ps.take(n, spared.MatchString(name))
	} else if p.value, err = ps.backend.Alloc(ps.backend.Float(), n); err == nil && len(shape) == 2 {
		ps.backend.Freeze(p.value, shape[0], shape[1])
	}
	if err != nil {
		ps.fail(fmt.Errorf("parameter %s: %w", name, err))
	}
	ps.list, ps.byName[name] = append(ps.list, p), p
	return p
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

// Memory is what the parameters, their gradients and moments take, in bytes.
func (ps *Params) Memory() (bytes int64) {
	for _, t := range ps.owned() {
		for _, b := range t.buffers() {
			bytes += int64(b.Len()) * int64(b.DType().Size())
		}
	}
	return bytes
}

// owned is all memory of the parameters: the slabs, and the values of frozen ones.
func (ps *Params) owned() (all []*tensors) {
	for _, s := range ps.slabs {
		all = append(all, &s.tensors)
	}
	for _, p := range ps.list {
		if p.mode == Frozen {
			all = append(all, &p.tensors)
		}
	}
	return all
}

// Close frees every buffer of the set.
func (ps *Params) Close() {
	for _, t := range ps.owned() {
		t.free(ps.backend)
	}
	if ps.factor != nil {
		ps.backend.Free(ps.factor)
	}
	ps.workspace.free()
	ps.list, ps.slabs, ps.byName, ps.factor = nil, nil, map[string]*Param{}, nil
}
