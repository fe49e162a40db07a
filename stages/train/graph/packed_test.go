package graph_test

import (
	"math"
	"testing"

	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
)

// packable is attention between rotated tokens with keys in front, and a language model.
func packable(n *net, g *graph.Graph) *graph.Node {
	x := n.embed(g, 12)
	return g.LMLoss(g.Add(x, n.attendBehind(g, x, 2, true)), n.param("head", graph.Trainable, vocab, 12))
}

// Documents packed into one row have the loss and the gradients of rows of their own.
func TestPackedDocumentsDoNotMeet(t *testing.T) {
	ids := []int32{3, 1, 4, 1, 5, 9, 2}
	apart := graph.Batch{InputIDs: []int32{3, 1, 4, 0, 1, 5, 9, 2}, Lengths: []int32{3, 4}}
	packed := graph.Batch{InputIDs: ids, Lengths: []int32{7}, Positions: []int32{0, 1, 2, 0, 1, 2, 3}, Starts: []int32{0, 0, 0, 3, 3, 3, 3}}
	b := backend(t, cpu.Options{Float: kernel.F64})
	rows := newNet(t, b, graph.Options{Batch: 2, Seq: 4}, 1)
	row := newNet(t, b, graph.Options{Batch: 1, Seq: 7, Positioned: true, Packed: true}, 1)
	want, got := rows.gradients(t, rows.compile(t, packable, true), apart), row.gradients(t, row.compile(t, packable, true), packed)
	for name, g := range want {
		for i := range g {
			if math.Abs(g[i]-got[name][i]) > 1e-12 {
				t.Fatalf("%s[%d]: %g, packed %g", name, i, g[i], got[name][i])
			}
		}
	}
	check(t, row, packable, packed)
}

// A text whose positions begin later has learned and rotary embeddings of later positions.
func TestPositionsOfTheBatch(t *testing.T) {
	build := func(n *net, g *graph.Graph) *graph.Node {
		x := n.inFront(g, 1, 12)
		x = g.Add(x, g.Positions(n.param("positions", graph.Trainable, 9, 12), x, 0))
		return classify(n, g, n.attendIn(g, g.Rope(x, 2, graph.RopeFreqs(6, 10), 0), 2, 2))
	}
	b := backend(t, cpu.Options{Float: kernel.F64})
	losses := map[int32]float64{}
	for _, shift := range []int32{0, 3} {
		n := newNet(t, b, graph.Options{Batch: 2, Seq: 3, Positioned: true}, 1)
		batch := tokens(n.random, 2, 3, vocab)
		for i := range 6 {
			batch.Positions = append(batch.Positions, int32(i%3)+shift)
		}
		check(t, n, build, batch)
		r, err := n.compile(t, build, false).Run(batch)
		if err != nil {
			t.Fatal(err)
		}
		losses[shift] = r.Loss
		plain := newNet(t, b, graph.Options{Batch: 2, Seq: 3}, 1)
		tokens(plain.random, 2, 3, vocab)
		r, err = plain.compile(t, build, false).Run(batch)
		if same := err == nil && r.Loss == losses[shift]; same != (shift == 0) {
			t.Errorf("shift %d: loss %g, without positions %g, %v", shift, losses[shift], r.Loss, err)
		}
	}
}
