package check

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// Result is how far a kernel of the checked backend is from the right one.
type Result struct {
	Kernel   string
	Sizes    string
	Distance float64 // |a-b| / |b| of the worst of its results; infinite with Err
	Err      error   // why the kernel could not be compared
}

// comparison runs one kernel at one size and returns what it wrote.
type comparison func(p *pair) []*matrix

// Kernels compares every kernel at several sizes, odd ones too. One that fails is told in
// its result; the error is of a device that does nothing any more, which is left.
func Kernels(right, checked kernel.Backend, seed uint64) (results []Result, lost error) {
	for _, group := range []func(add func(name, sizes string, c comparison)){elementwise, gates, activations, products, lookups, norms, recurrences, attentions, losses, optimizers} {
		group(func(name, sizes string, c comparison) {
			if lost != nil {
				return
			}
			far, err := run(right, checked, seed, c)
			if err != nil {
				err, lost = fmt.Errorf("kernel %s, %s: %w", name, sizes, err), checked.Sync()
				far = math.Inf(1)
			}
			results = append(results, Result{name, sizes, far, err})
		})
	}
	return results, lost
}

func run(right, checked kernel.Backend, seed uint64, c comparison) (float64, error) {
	p := &pair{backends: [2]kernel.Backend{right, checked}, random: rand.New(rand.NewPCG(seed, 0))}
	defer p.free()
	return p.distance(c(p)...)
}
