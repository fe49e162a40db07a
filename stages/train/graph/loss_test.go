package graph_test

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
)

func TestLMLossInChunksIsTheLossInOne(t *testing.T) {
	const words, seq = 300_000, 9 // so many words that a chunk has 16 rows
	n := newNet(t, backend(t, cpu.Options{Float: kernel.F64}), graph.Options{Batch: 5, Seq: seq}, 4)
	build := func(n *net, g *graph.Graph) *graph.Node {
		return g.LMLoss(g.Embedding(n.param("embed", graph.Trainable, words, 2)), n.param("head", graph.Trainable, words, 2))
	}
	whole := tokens(n.random, 5, seq, words)
	whole.Lengths, whole.Denominator = []int32{9, 9, 7, 9, 0}, 20
	chunked := n.gradients(t, n.compile(t, build, true), whole)
	n.opts.Batch = 1
	if diff := cmp.Diff(chunked, n.gradients(t, n.compile(t, build, true), withDenominator(split(whole, seq, 1, 2, 3, 4), 20)...), cmpopts.EquateApprox(1e-12, 1e-16)); diff != "" {
		t.Error(diff)
	}
}

func withDenominator(parts []graph.Batch, d float64) []graph.Batch {
	for i := range parts {
		parts[i].Denominator = d
	}
	return parts
}

// TestLossesByDefinition computes the losses from the logits the graph gives.
func TestLossesByDefinition(t *testing.T) {
	class := []float64{1, 2, 0.5}
	tests := map[string]struct {
		loss func(g *graph.Graph, logits *graph.Node) *graph.Node
		want func(b graph.Batch, row int, x []float64) (loss, weight float64)
	}{
		"cross-entropy": {
			func(g *graph.Graph, logits *graph.Node) *graph.Node { return g.CrossEntropy(logits, class) },
			func(b graph.Batch, row int, x []float64) (float64, float64) {
				w := b.RowWeights[row] * class[b.Labels[row]]
				return w * (math.Log(math.Exp(x[0])+math.Exp(x[1])+math.Exp(x[2])) - x[b.Labels[row]]), w
			}},
		"sigmoid": {
			func(g *graph.Graph, logits *graph.Node) *graph.Node { return g.SigmoidCrossEntropy(logits) },
			func(b graph.Batch, row int, x []float64) (sum, weight float64) {
				for j, v := range x {
					p, target := 1/(1+math.Exp(-v)), float64(b.Targets[row*3+j])
					sum -= target*math.Log(p) + (1-target)*math.Log(1-p)
				}
				return sum * b.RowWeights[row], 3 * b.RowWeights[row]
			}},
	}
	for name, test := range tests {
		n := newNet(t, backend(t, cpu.Options{Float: kernel.F64}), graph.Options{Batch: 6, Seq: 4}, 1)
		g := graph.New(n.params, n.opts)
		logits := g.Output(g.Linear(g.LastToken(n.embed(g, 5)), n.param("score", graph.Frozen, 3, 5), nil))
		test.loss(g, logits)
		m, err := g.Compile()
		if err != nil {
			t.Fatal(err)
		}
		b := tokens(n.random, 5, 4, vocab) // the last row is empty, and a sixth is missing
		got, err := m.Run(b)
		x := make([]float64, 18)
		if err := errors.Join(err, m.Read(logits, kernel.F64s(x))); err != nil {
			t.Fatal(err)
		}
		want := graph.Result{}
		for row := range 4 {
			loss, weight := test.want(b, row, x[row*3:row*3+3])
			want.Sum, want.Weight = want.Sum+loss, want.Weight+weight
		}
		want.Loss = want.Sum / want.Weight
		if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
