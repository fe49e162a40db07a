package graph

import (
	"fmt"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// tensors are the memory of a parameter: its value and, where it is trained, more of
// the backend's Master type.
type tensors struct {
	value  kernel.Buffer
	grad   kernel.Buffer
	m, v   kernel.Buffer // AdamW's moments
	master kernel.Buffer // the value in full; nil where value is of that type
}

// buffers are those that there are.
func (t *tensors) buffers() (list []kernel.Buffer) {
	for _, b := range []kernel.Buffer{t.value, t.grad, t.m, t.v, t.master} {
		if b != nil {
			list = append(list, b)
		}
	}
	return list
}

// slice is the part [lo, hi) of all of them.
func (t *tensors) slice(lo, hi int) tensors {
	part := func(b kernel.Buffer) kernel.Buffer {
		if b == nil {
			return nil
		}
		return b.Slice(lo, hi)
	}
	return tensors{part(t.value), part(t.grad), part(t.m), part(t.v), part(t.master)}
}

// slab holds trained parameters one after the other, so that what is done to each is
// one kernel's work for all.
type slab struct {
	tensors
	spared     bool    // of biases and norms: see Params.SpareBiasesAndNorms
	size, used int     // elements
	live       tensors // the part in use
}

// The sizes of slabs, in elements, on a backend that launches its kernels, where many
// small ones cost more than their work: a LoRA of LLaMA-7B has hundreds of matrices.
// Each slab is twice the one before, so that little is taken for little.
const (
	slabLeast = 4 << 10
	slabMost  = 4 << 20
)

// take returns memory for a trained parameter of n elements, in the last slab of its sort
// where there is room.
func (ps *Params) take(n int, spared bool) (tensors, error) {
	var s *slab
	for _, of := range ps.slabs {
		if of.spared == spared {
			s = of
		}
	}
	if s == nil || s.used+n > s.size {
		var err error
		if s, err = ps.newSlab(ps.slabSize(n)); err != nil {
			return tensors{}, err
		}
		s.spared, ps.slabs = spared, append(ps.slabs, s)
	}
	lo := s.used
	s.used = min(s.size, rounded(lo+n))
	s.live = s.slice(0, s.used)
	return s.slice(lo, lo+n), nil
}

// slabSize is the size of the next slab, which is to hold n elements.
func (ps *Params) slabSize(n int) int {
	if _, launches := ps.backend.(kernel.Recorder); !launches {
		return n
	}
	next := slabLeast
	if k := len(ps.slabs); k > 0 {
		next = min(slabMost, max(next, 2*ps.slabs[k-1].size))
	}
	return max(n, next)
}

func (ps *Params) newSlab(n int) (*slab, error) {
	s := &slab{size: n}
	master := ps.backend.Master()
	places := []*kernel.Buffer{&s.grad, &s.m, &s.v}
	if master != ps.backend.Float() {
		places = append(places, &s.master)
	}
	var err error
	if s.value, err = ps.backend.Alloc(ps.backend.Float(), n); err != nil {
		return nil, err
	}
	for _, p := range places {
		if *p, err = ps.backend.Alloc(master, n); err != nil {
			s.free(ps.backend)
			return nil, fmt.Errorf("gradient and moments: %w", err)
		}
	}
	return s, nil
}

func (t *tensors) free(b kernel.Backend) {
	for _, buffer := range t.buffers() {
		b.Free(buffer)
	}
}
