package graph_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
)

// split cuts a batch before the rows at.
func split(b graph.Batch, seq int, at ...int) []graph.Batch {
	var out []graph.Batch
	lo := 0
	for _, hi := range append(at, len(b.Lengths)) {
		out = append(out, graph.Batch{InputIDs: b.InputIDs[lo*seq : hi*seq], Lengths: b.Lengths[lo:hi], RowWeights: b.RowWeights[lo:hi],
			Labels: b.Labels[lo:hi], Targets: b.Targets[lo*3 : hi*3], Step: b.Step})
		lo = hi
	}
	return out
}

func TestMicroBatchesAddUpToOneLargeBatch(t *testing.T) {
	b := backend(t, cpu.Options{Float: kernel.F64, Workers: 2})
	for _, name := range []string{"two layers", "attention", "multi-label", "tied embeddings"} {
		t.Run(name, func(t *testing.T) {
			n := newNet(t, b, graph.Options{Batch: 5, Seq: 6}, 3) // no dropout: its masks belong to places in a batch
			whole := tokens(n.random, 5, 6, vocab)
			large := n.compile(t, networks[name], true)
			want := n.gradients(t, large, whole)
			n.opts.Batch = 2 // the last micro-batch has one row, filled up by a row of no weight
			small := n.compile(t, networks[name], true)
			parts := split(whole, 6, 2, 4)
			denominator := 0.0
			for _, p := range parts {
				w, err := small.Weight(p)
				if err != nil {
					t.Fatal(err)
				}
				denominator += w
			}
			if diff := cmp.Diff(want, n.gradients(t, small, withDenominator(parts, denominator)...), cmpopts.EquateApprox(1e-12, 1e-14)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestGradientsAccumulateUntilZeroed(t *testing.T) {
	b := backend(t, cpu.Options{Float: kernel.F64})
	n := newNet(t, b, graph.Options{Batch: 3, Seq: 5, Training: true}, 9)
	batch := tokens(n.random, 3, 5, vocab)
	m := n.compile(t, networks["two layers"], true)
	one, three := n.gradients(t, m, batch), n.gradients(t, m, batch, batch, batch)
	for name := range one {
		for i := range one[name] {
			one[name][i] *= 3
		}
	}
	if diff := cmp.Diff(one, three, cmpopts.EquateApprox(1e-13, 0)); diff != "" {
		t.Error(diff)
	}
}

// step runs a training step of a small LLaMA in float32 and returns what it
// left: the loss, and every gradient.
func step(t testing.TB, o cpu.Options) (float64, map[string][]float64) {
	n := newNet(t, backend(t, o), graph.Options{Batch: 3, Seq: 70, Training: true, Seed: 2}, 11)
	m := n.compile(t, func(n *net, g *graph.Graph) *graph.Node {
		return llama(n, g, llamaSize{2, 48, 4, 2, 100, 301, 4, 0.1})
	}, true)
	batch := tokens(n.random, 3, 70, 301)
	grads := n.gradients(t, m, batch)
	r, err := m.Run(batch)
	if err != nil {
		t.Fatal(err)
	}
	return r.Loss, grads
}

func kernels(t testing.TB) []string {
	var have []string
	for _, k := range []string{"go", "avx2", "avx512"} {
		if _, err := cpu.New(cpu.Options{Kernel: k}); err == nil {
			have = append(have, k)
		}
	}
	return have
}

func TestAnyNumberOfWorkersGivesTheSameBytes(t *testing.T) {
	for _, k := range kernels(t) {
		loss, grads := step(t, cpu.Options{Kernel: k, Workers: 1})
		for workers := 2; workers <= 5; workers++ {
			l, g := step(t, cpu.Options{Kernel: k, Workers: workers})
			if l != loss || !cmp.Equal(g, grads) {
				t.Errorf("kernel %s: %d workers differ from one", k, workers)
			}
		}
	}
}

func TestKernelsAgree(t *testing.T) {
	loss, want := step(t, cpu.Options{Float: kernel.F64})
	for _, k := range kernels(t) {
		l, got := step(t, cpu.Options{Kernel: k})
		if math.Abs(l-loss) > 1e-5*loss {
			t.Errorf("kernel %s: loss %g, in float64 %g", k, l, loss)
		}
		for name := range want {
			if d := distance(got[name], want[name]); d > 1e-5 {
				t.Errorf("kernel %s: gradient of %s is off by %g of its norm", k, name, d)
			}
		}
	}
}

// distance is |a-b| / |b|.
func distance(a, b []float64) float64 {
	var diff, norm float64
	for i := range b {
		diff += (a[i] - b[i]) * (a[i] - b[i])
		norm += b[i] * b[i]
	}
	return math.Sqrt(diff / norm)
}

func TestDropoutsOfDifferentPlacesAndStepsDiffer(t *testing.T) {
	n := newNet(t, backend(t, cpu.Options{Float: kernel.F64}), graph.Options{Batch: 1, Seq: 50, Training: true, Seed: 1}, 1)
	g := graph.New(n.params, n.opts)
	x := n.embed(g, 4)
	places := []*graph.Node{g.Output(g.Dropout(x, 0.5)), g.Output(g.Dropout(x, 0.5))}
	m, err := g.Compile()
	if err != nil {
		t.Fatal(err)
	}
	b := tokens(n.random, 1, 50, vocab)
	masks := map[string]bool{}
	for range 2 {
		b.Step++
		if _, err := m.Run(b); err != nil {
			t.Fatal(err)
		}
		for _, place := range places {
			v := make([]float64, 200)
			if err := m.Read(place, kernel.F64s(v)); err != nil {
				t.Fatal(err)
			}
			mask := make([]byte, 200)
			for i := range v {
				if v[i] != 0 {
					mask[i] = 1
				}
			}
			masks[string(mask)] = true
		}
	}
	if len(masks) != 4 {
		t.Errorf("two places in two steps have %d masks, want 4", len(masks))
	}
}
