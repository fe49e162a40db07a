package bert

import (
	"context"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/model"
	"github.com/clinflow/clinflow/stages/train/random"
)

// Build implements model.Config.
func (c Config) Build(b kernel.Backend, mode graph.Mode) (model.Architecture, error) {
	if err := c.Check(); err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	return build(context.Background(), b, c, mode)
}

// Random implements model.Config: weights normal with standard deviation
// initializer_range, biases zero, norms one.
func (c Config) Random(ctx context.Context, b kernel.Backend, mode graph.Mode, seed int64) (model.Architecture, error) {
	if err := c.Check(); err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	n, err := build(ctx, b, c, mode)
	if err != nil {
		return nil, err
	}
	for _, p := range n.own {
		err := ctx.Err()
		if err == nil {
			err = p.Upload(kernel.F32s(c.draw(p, seed)))
		}
		if err != nil {
			n.params.Close()
			return nil, err
		}
	}
	return n, nil
}

func (c Config) draw(p *graph.Param, seed int64) []float32 {
	switch {
	case strings.HasSuffix(p.Name(), ".bias"):
		return make([]float32, p.Len())
	case strings.HasSuffix(p.Name(), normName+".weight"):
		return slices.Repeat([]float32{1}, p.Len())
	default:
		return random.New(seed, p.Name()).Normals(p.Len(), c.InitializerRange)
	}
}
