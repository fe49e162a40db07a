package graph

import (
	"fmt"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

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
