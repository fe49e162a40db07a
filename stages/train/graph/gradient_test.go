package graph_test

import (
	"math"
	"testing"

	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
)

// check compares every gradient with central finite differences.
func check(t testing.TB, n *net, build func(*net, *graph.Graph) *graph.Node, b graph.Batch) {
	t.Helper()
	got := n.gradients(t, n.compile(t, build, true), b)
	forward := n.compile(t, build, false)
	for _, p := range n.params.Trainable() {
		v := make([]float64, p.Len())
		if err := p.Download(kernel.F64s(v)); err != nil {
			t.Fatal(err)
		}
		for i := range v {
			want := slope(t, forward, p, v, i, b)
			if diff := math.Abs(got[p.Name()][i] - want); diff > 1e-6*(1+math.Abs(want)) {
				t.Fatalf("%s[%d]: gradient %g, finite difference %g", p.Name(), i, got[p.Name()][i], want)
			}
		}
	}
}

// slope is the loss's central difference in element i of p.
func slope(t testing.TB, m *graph.Machine, p *graph.Param, v []float64, i int, b graph.Batch) float64 {
	t.Helper()
	const h = 1e-5
	at := func(x float64) float64 {
		keep := v[i]
		v[i] = x
		if err := p.Upload(kernel.F64s(v)); err != nil {
			t.Fatal(err)
		}
		v[i] = keep
		r, err := m.Run(b)
		if err != nil {
			t.Fatal(err)
		}
		return r.Loss
	}
	slope := (at(v[i]+h) - at(v[i]-h)) / (2 * h)
	at(v[i])
	return slope
}

func TestGradientsAreFiniteDifferences(t *testing.T) {
	b := backend(t, cpu.Options{Float: kernel.F64, Workers: 2})
	shapes := []struct{ batch, seq int }{{1, 2}, {2, 5}, {3, 7}, {4, 3}} // from three rows on, the last is a filler
	for name, build := range networks {
		t.Run(name, func(t *testing.T) {
			for i, s := range shapes {
				n := newNet(t, b, graph.Options{Batch: s.batch, Seq: s.seq, Training: true, Seed: 5}, uint64(i))
				check(t, n, build, tokens(n.random, s.batch, s.seq, vocab))
			}
		})
	}
}
