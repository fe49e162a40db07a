package check

import (
	"fmt"
	"math/rand/v2"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// Result is how far a kernel of the checked backend is from the right one.
type Result struct {
	Kernel   string
	Sizes    string
	Distance float64 // |a-b| / |b| of the worst of its results
}

// comparison runs one kernel at one size and returns what it wrote.
type comparison func(p *pair) []*matrix

// Kernels compares every kernel at several sizes, odd ones too.
func Kernels(right, checked kernel.Backend, seed uint64) ([]Result, error) {
	var results []Result
	for _, group := range []func(add func(name, sizes string, c comparison)){elementwise, products, lookups, norms, attentions, losses, optimizers} {
		var err error
		group(func(name, sizes string, c comparison) {
			if err != nil {
				return
			}
			var far float64
			if far, err = run(right, checked, seed, c); err != nil {
				err = fmt.Errorf("kernel %s, %s: %w", name, sizes, err)
			}
			results = append(results, Result{name, sizes, far})
		})
		if err != nil {
			return results, err
		}
	}
	return results, nil
}

func run(right, checked kernel.Backend, seed uint64, c comparison) (float64, error) {
	p := &pair{backends: [2]kernel.Backend{right, checked}, random: rand.New(rand.NewPCG(seed, 0))}
	defer p.free()
	return p.distance(c(p)...)
}
