package model

import (
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
)

// Counts are numbers of parameters, as PEFT's get_nb_trainable_parameters counts them.
type Counts struct{ Trainable, All int64 }

// Count counts the parameters of a base model with a new adapter, whose head has so many
// labels where it has one. Nothing of their size is computed or kept.
func Count(base Config, c adapter.Config, labels int) (Counts, error) {
	m, err := Outline(base, c, labels)
	if err != nil {
		return Counts{}, err
	}
	var counted Counts
	for _, p := range m.Params().All() {
		counted.All += int64(p.Len())
		if p.Mode() == graph.Trainable {
			counted.Trainable += int64(p.Len())
		}
	}
	if m.adapters[0].Whole() { // the base is not there beside it
		counted.All = counted.Trainable
	}
	return counted, nil
}

// Outline is a base model with a new adapter by their sizes: nothing can be computed with
// it, and what does not go together is refused.
func Outline(base Config, c adapter.Config, labels int) (*Model, error) {
	n, err := base.Build(sizes{}, graph.Frozen)
	if err != nil {
		return nil, err
	}
	m := New(n)
	a, err := adapter.Outline(m.Params(), "new", c, n.Base(), labels)
	if err != nil {
		return nil, err
	}
	return m, m.attach(a, "new")
}

// sizes is a backend that keeps of a buffer its size alone. It computes nothing.
type sizes struct{ kernel.Backend }

// Name, Float and Master implement kernel.Backend.
func (sizes) Name() string         { return "sizes" }
func (sizes) Float() kernel.DType  { return kernel.F32 }
func (sizes) Master() kernel.DType { return kernel.F32 }

// Alloc, Freeze and Upload implement kernel.Backend.
func (sizes) Alloc(_ kernel.DType, n int) (kernel.Buffer, error) { return extent(n), nil }
func (sizes) Freeze(kernel.Buffer, int, int)                     {}
func (sizes) Upload(kernel.Buffer, kernel.Host) error            { return nil }

// extent is a buffer without memory.
type extent int

// Len, DType and Slice implement kernel.Buffer.
func (e extent) Len() int                     { return int(e) }
func (extent) DType() kernel.DType            { return kernel.F32 }
func (extent) Slice(lo, hi int) kernel.Buffer { return extent(hi - lo) }
