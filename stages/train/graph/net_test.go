package graph_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
)

func backend(t testing.TB, o cpu.Options) kernel.Backend {
	t.Helper()
	b, err := cpu.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// net is a network under test: build adds its parameters and ops and returns
// the loss.
type net struct {
	opts   graph.Options
	params *graph.Params
	random *rand.Rand
	made   map[string]*graph.Param
	whole  bool // every parameter is trained
}

func newNet(t testing.TB, b kernel.Backend, o graph.Options, seed uint64) *net {
	return &net{opts: o, params: graph.NewParams(b), random: rand.New(rand.NewPCG(seed, 1)), made: map[string]*graph.Param{}}
}

// param returns a parameter of random values, the same one for the same name.
func (n *net) param(name string, mode graph.Mode, shape ...int) *graph.Param {
	if p := n.made[name]; p != nil {
		return p
	}
	p := n.params.Add(name, mode || graph.Mode(n.whole), shape...)
	v := make([]float64, p.Len())
	for i := range v {
		v[i] = n.random.NormFloat64() / math.Sqrt(float64(shape[len(shape)-1]))
	}
	if err := p.Upload(kernel.F64s(v)); err != nil {
		panic(err)
	}
	n.made[name] = p
	return p
}

// compile builds the network, with its gradient or without.
func (n *net) compile(t testing.TB, build func(*net, *graph.Graph) *graph.Node, backward bool) *graph.Machine {
	t.Helper()
	g := graph.New(n.params, n.opts)
	loss := build(n, g)
	if backward {
		g.Backward(loss)
	}
	m, err := g.Compile()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// gradients runs m from zero gradients and returns them by name.
func (n *net) gradients(t testing.TB, m *graph.Machine, batches ...graph.Batch) map[string][]float64 {
	t.Helper()
	n.params.ZeroGrad()
	for _, b := range batches {
		if _, err := m.Run(b); err != nil {
			t.Fatal(err)
		}
	}
	out := map[string][]float64{}
	for _, p := range n.params.Trainable() {
		out[p.Name()] = make([]float64, p.Len())
		if err := p.DownloadGrad(kernel.F64s(out[p.Name()])); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// tokens is a random batch, the last row short or empty.
func tokens(r *rand.Rand, batch, seq, vocab int) graph.Batch {
	b := graph.Batch{InputIDs: make([]int32, batch*seq), Lengths: make([]int32, batch), Step: 3}
	for i := range b.InputIDs {
		b.InputIDs[i] = int32(r.IntN(vocab))
	}
	for i := range b.Lengths {
		b.Lengths[i] = int32(1 + r.IntN(seq))
		b.Labels = append(b.Labels, int32(r.IntN(3)))
		b.RowWeights = append(b.RowWeights, 0.5+r.Float64())
		for range 3 {
			b.Targets = append(b.Targets, float32(r.IntN(2)))
		}
	}
	b.Lengths[0] = int32(seq)
	if batch > 2 {
		b.Lengths[batch-1] = 0
	}
	return b
}
