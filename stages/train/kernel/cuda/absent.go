package cuda

import (
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/kernel"
)

// lacks is the error of a kernel that there is for the processor alone.
func (d *device) lacks(what string) error {
	return exit.Errorf(exit.Usage, "a GPU has no kernel for %s; take --device cpu", what)
}

// Scale implements kernel.Elementwise.
func (d *device) Scale(_, _, _ kernel.Buffer, _ bool) { d.fail("scale", d.lacks("scale")) }

// Dot implements kernel.Elementwise.
func (d *device) Dot(_, _, _ kernel.Buffer) { d.fail("dot", d.lacks("dot")) }

// Activate implements kernel.Elementwise.
func (d *device) Activate(_, _ kernel.Buffer, _ kernel.Function) {
	d.fail("activation", d.lacks("activation"))
}

// ActivateBack implements kernel.Elementwise.
func (d *device) ActivateBack(_, _, _ kernel.Buffer, _ kernel.Function) {
	d.fail("activation", d.lacks("activation"))
}

// LayerNorm implements kernel.Blocks.
func (d *device) LayerNorm(_, _, _, _, _, _ kernel.Buffer, _ kernel.Norm) {
	d.fail("layernorm", d.lacks("layernorm"))
}

// LayerNormBack implements kernel.Blocks.
func (d *device) LayerNormBack(_, _, _, _, _, _, _, _ kernel.Buffer, _ kernel.Norm, _ bool) {
	d.fail("layernorm", d.lacks("layernorm"))
}

// LSTMCell implements kernel.Blocks.
func (d *device) LSTMCell(_, _, _, _ kernel.Buffer) { d.fail("lstm", d.lacks("lstm")) }

// LSTMCellBack implements kernel.Blocks.
func (d *device) LSTMCellBack(_, _, _, _, _, _ kernel.Buffer) { d.fail("lstm", d.lacks("lstm")) }
