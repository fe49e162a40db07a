package graph_test

import (
	"testing"

	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
)

// BenchmarkStepOfAWholeModel is a training step of a small model all of whose
// weights are trained; bench/train measures that of LoRA.
func BenchmarkStepOfAWholeModel(b *testing.B) {
	for _, name := range []string{"avx512", "avx2", "go"} {
		b.Run(name, func(b *testing.B) { benchmarkStep(b, name, llamaSize{3, 96, 4, 4, 256, 2000, 2, 0}) })
	}
}

func benchmarkStep(b *testing.B, name string, size llamaSize) {
	back, err := cpu.New(cpu.Options{Float: kernel.F32, Kernel: name})
	if err != nil {
		b.Skip(err)
	}
	n := newNet(b, back, graph.Options{Batch: 10, Seq: 128, Training: true}, 1)
	n.whole = true
	m := n.compile(b, func(n *net, g *graph.Graph) *graph.Node { return llama(n, g, size) }, true)
	batch := tokens(n.random, 10, 128, size.vocab)
	for i := range batch.Lengths {
		batch.Lengths[i] = 128
	}
	b.ReportAllocs()
	step := 0
	for b.Loop() {
		step++
		n.params.ZeroGrad()
		if _, err := m.Run(batch); err != nil {
			b.Fatal(err)
		}
		if err := n.params.AdamW(kernel.Adam{LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Step: step}, 0); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(1280*b.N)/b.Elapsed().Seconds(), "tokens/s")
}
