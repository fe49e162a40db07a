package graph_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
)

func TestCheckpointingKeepsLessAndGivesTheSameBytes(t *testing.T) {
	type outcome struct {
		memory    int64
		gradients map[string][]float64
	}
	train := func(checkpointing, whole bool) (o outcome) {
		n := newNet(t, backend(t, cpu.Options{}), graph.Options{Batch: 3, Seq: 9, Training: true, Seed: 4, Checkpointing: checkpointing}, 2)
		n.whole = whole
		g := graph.New(n.params, n.opts)
		g.Backward(llama(n, g, llamaSize{6, 16, 4, 2, 24, vocab, 2, 0.3}))
		m, err := g.Compile()
		if err != nil {
			t.Fatal(err)
		}
		batch := tokens(n.random, 3, 9, vocab)
		return outcome{g.Memory(), n.gradients(t, m, batch)}
	}
	for name, whole := range map[string]bool{"lora": false, "every parameter": true} {
		kept, again := train(false, whole), train(true, whole)
		if diff := cmp.Diff(kept.gradients, again.gradients); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if again.memory > kept.memory*2/3 {
			t.Errorf("%s: %d bytes with checkpointing, %d without", name, again.memory, kept.memory)
		}
	}
}
