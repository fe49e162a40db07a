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
	n, err := base.Build(sizes{}, graph.Frozen)
	if err != nil {
		return Counts{}, err
	}
	if _, err := adapter.Outline(n.Params(), "new", c, n.Base(), labels); err != nil {
		return Counts{}, err
	}
	var counted Counts
	for _, p := range n.Params().All() {
		counted.All += int64(p.Len())
		if p.Mode() == graph.Trainable {
			counted.Trainable += int64(p.Len())
		}
	}
	return counted, nil
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
