package stages

import (
	"context"
	"errors"

	"github.com/clinflow/clinflow/dataset"
)

// Identified is implemented by a stage whose output's bytes depend on the
// machine it runs on: a training stage's device and kernel. What Kernel returns
// enters the step's fingerprint and its manifest.
type Identified interface {
	Kernel() string
}

// Attributed is implemented by a stage that says in its output's manifest what the
// rows or files mean, such as the task that labels are of. It is asked when the
// output is complete.
type Attributed interface {
	Attributes(ctx context.Context, in Inputs) (map[string]any, error)
}

// SetAttributes writes what a stage says of its output, if it says anything.
func SetAttributes(ctx context.Context, stage any, in Inputs, out *dataset.Writer) error {
	a, ok := stage.(Attributed)
	if !ok {
		return nil
	}
	attributes, err := a.Attributes(ctx, in)
	for name, value := range attributes {
		err = errors.Join(err, out.SetAttribute(name, value))
	}
	return err
}
