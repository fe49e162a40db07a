package graph_test

import (
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
)

// poisoning fills what is freed with NaN, and keeps it to see that nobody
// writes there any more.
type poisoning struct {
	kernel.Backend
	freed []kernel.Buffer
}

func (p *poisoning) Free(b kernel.Buffer) {
	p.Fill(b, math.NaN())
	p.freed = append(p.freed, b)
}

func (p *poisoning) untouched(t *testing.T) {
	t.Helper()
	for _, b := range p.freed {
		v := make([]float64, b.Len())
		if err := p.Download(kernel.F64s(v), b); err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(v, func(x float64) bool { return x == x }) {
			t.Error("freed memory was written to")
		}
	}
}

func TestGraphsOfDifferentShapesShareParametersAndWorkspace(t *testing.T) {
	b := &poisoning{Backend: backend(t, cpu.Options{Float: kernel.F64})}
	n := newNet(t, b, graph.Options{Batch: 2, Seq: 4}, 1)
	small := n.compile(t, networks["two layers"], true)
	short := tokens(n.random, 2, 4, vocab)
	before := n.gradients(t, small, short)
	n.opts.Seq = 16 // a larger workspace replaces the first
	large := n.compile(t, networks["two layers"], true)
	n.gradients(t, large, tokens(n.random, 2, 16, vocab))
	if diff := cmp.Diff(before, n.gradients(t, small, short)); diff != "" {
		t.Error(diff)
	}
	if len(b.freed) == 0 {
		t.Error("the larger graph fits the smaller one's workspace: the test shows nothing")
	}
	b.untouched(t)
}

// counting counts what a backend allocates.
type counting struct {
	kernel.Backend
	elements int
}

func (c *counting) Alloc(d kernel.DType, n int) (kernel.Buffer, error) {
	c.elements += n
	return c.Backend.Alloc(d, n)
}

func TestFrozenParametersHaveNoGradientBuffers(t *testing.T) {
	c := &counting{Backend: backend(t, cpu.Options{})}
	p := graph.NewParams(c)
	frozen := p.Add("frozen", graph.Frozen, 10, 10)
	if c.elements != 100 {
		t.Errorf("a frozen parameter of 100 elements took %d", c.elements)
	}
	p.Add("trained", graph.Trainable, 10, 10) // value, gradient, two moments
	if c.elements != 500 {
		t.Errorf("with a trained one, %d elements, want 500", c.elements)
	}
	if err := frozen.DownloadGrad(kernel.F32s(make([]float32, 100))); err == nil {
		t.Error("the gradient of a frozen parameter was read")
	}
}

func TestMemoryOfAForwardPassDoesNotGrowWithItsDepth(t *testing.T) {
	elements := func(layers int) int {
		c := &counting{Backend: backend(t, cpu.Options{})}
		n := newNet(t, c, graph.Options{Batch: 2, Seq: 8}, 1)
		n.compile(t, func(n *net, g *graph.Graph) *graph.Node {
			return llama(n, g, llamaSize{layers, 8, 2, 2, 16, vocab, 2, 0})
		}, false)
		for _, p := range n.params.All() {
			c.elements -= p.Len()
			if p.Mode() == graph.Trainable {
				c.elements -= 3 * p.Len()
			}
		}
		return c.elements
	}
	if two, ten := elements(2), elements(10); two != ten {
		t.Errorf("two layers take %d elements, ten %d", two, ten)
	}
}

func TestRunAllocatesNoNumbers(t *testing.T) {
	n := newNet(t, backend(t, cpu.Options{Workers: 2}), graph.Options{Batch: 4, Seq: 64, Training: true}, 1)
	m := n.compile(t, func(n *net, g *graph.Graph) *graph.Node {
		return llama(n, g, llamaSize{2, 64, 4, 2, 96, 500, 4, 0.1})
	}, true)
	batch := tokens(n.random, 4, 64, 500)
	run := func() {
		if _, err := m.Run(batch); err != nil {
			t.Fatal(err)
		}
	}
	run()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const runs = 20
	for range runs {
		run()
	}
	runtime.ReadMemStats(&after)
	// Closures, goroutines and Gorgonia's argument lists: about 1 kB an op,
	// whatever the shape. One activation [256, 64] alone would be 65 kB.
	if bytes := (after.TotalAlloc - before.TotalAlloc) / runs; bytes > 200_000 {
		t.Errorf("%d bytes a run", bytes)
	} else {
		t.Logf("%d bytes, %d allocations a run", bytes, (after.Mallocs-before.Mallocs)/runs)
	}
}
