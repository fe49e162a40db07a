package graph_test

import (
	"slices"
	"testing"

	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
)

// The row of padding has no gradient, though its token stands in the text; all others have
// theirs, and the logits are the same.
func TestPaddingIsNotTrained(t *testing.T) {
	const hidden, padding = 6, 4
	gradient := func(pad int32) ([]float64, float64) {
		n := newNet(t, backend(t, cpu.Options{Float: kernel.F64}), graph.Options{Batch: 2, Seq: 3}, 1)
		m := n.compile(t, func(n *net, g *graph.Graph) *graph.Node {
			x := g.PaddedEmbedding(n.param("embed", graph.Trainable, vocab, hidden), pad)
			return g.LMLoss(x, n.param("head", graph.Frozen, vocab, hidden))
		}, true)
		batch := graph.Batch{InputIDs: []int32{padding, 7, 2, 5, padding, 7}, Lengths: []int32{3, 3}}
		result, err := m.Run(batch)
		if err != nil {
			t.Fatal(err)
		}
		return n.gradients(t, m, batch)["embed"], result.Loss
	}
	want, loss := gradient(-1)
	got, sameLoss := gradient(padding)
	row := want[padding*hidden : (padding+1)*hidden]
	if !slices.ContainsFunc(row, func(v float64) bool { return v != 0 }) {
		t.Fatal("the token has no gradient: the test shows nothing")
	}
	clear(row)
	if !slices.Equal(got, want) || loss != sameLoss {
		t.Errorf("gradients %v and loss %g, want %v and %g", got, sameLoss, want, loss)
	}
}
