package graph_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
)

// launches counts what the optimizer begins, on a backend that records.
type launches struct {
	recorder
	count int
}

func (l *launches) AdamW(p, master, g, m, v, factor kernel.Buffer, a kernel.Adam) {
	l.count++
	l.Backend.AdamW(p, master, g, m, v, factor, a)
}

// TestParametersThatShareMemoryAreTrainedAlike takes steps with parameters of many
// sizes, each with its own memory and in slabs.
func TestParametersThatShareMemoryAreTrainedAlike(t *testing.T) {
	l := &launches{recorder: recorder{Backend: backend(t, cpu.Options{Float: kernel.F64}), rows: 100}}
	var values [2]map[string][]float64
	for i, b := range []kernel.Backend{backend(t, cpu.Options{Float: kernel.F64}), l} {
		n := newNet(t, b, graph.Options{Batch: 3, Seq: 6, Training: true, Seed: 1}, 5)
		n.whole = true
		m := n.compile(t, networks["two layers"], true)
		wide := n.param("wide", graph.Trainable, 70, 100) // more than the first slab
		values[i] = map[string][]float64{}
		for step := 1; step <= 3; step++ {
			n.gradients(t, m, tokens(n.random, 3, 6, vocab))
			if err := n.params.AdamW(kernel.Adam{LR: 0.1, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: 0.1, Step: step}, 0.5); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range append(n.params.Trainable(), wide) {
			v := make([]float64, p.Len())
			if err := p.Download(kernel.F64s(v)); err != nil {
				t.Fatal(err)
			}
			values[i][p.Name()] = v
		}
	}
	if diff := cmp.Diff(values[0], values[1], cmpopts.EquateApprox(1e-9, 1e-12)); diff != "" {
		t.Error(diff)
	}
	if l.count != 3*3 {
		t.Errorf("%d launches in three steps of %d parameters, want those of two slabs and one of norms", l.count, len(values[1]))
	}
}
