package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/adapter/lora"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
	"github.com/clinflow/clinflow/stages/train/model"
	"github.com/clinflow/clinflow/stages/train/model/llama"
)

// shape is a model and a batch.
type shape struct {
	name                                string
	hidden, intermediate, layers, heads int
	vocabulary, batch, seq, rank        int
	targets                             []string
}

var shapes = []shape{{
	name: "hidden 256, 4 layers, batch 10 × 128, vocabulary 4096, LoRA r 8 on q_proj and v_proj", hidden: 256, intermediate: 688, layers: 4, heads: 4,
	vocabulary: 4096, batch: 10, seq: 128, rank: 8, targets: []string{"q_proj", "v_proj"},
}}

// flop is the arithmetic of a step: the linear layers and the head forward and for
// the gradient of their inputs (weights are frozen), causal attention's two products
// forward and four backward.
func (s shape) flop() float64 {
	tokens := float64(s.batch * s.seq)
	linear := float64(s.layers*s.hidden*(4*s.hidden+3*s.intermediate) + s.hidden*s.vocabulary)
	attention := float64(s.layers) * float64(s.seq) / 2 * float64(s.hidden)
	return 2 * tokens * (2*linear + 6*attention)
}

// write saves a random base model as a Hugging Face folder, for both peers.
func (s shape) write(dir string) error {
	b, err := cpu.New(cpu.Options{})
	if err != nil {
		return err
	}
	m, err := llama.New(context.Background(), b, llama.Config{
		HiddenSize: s.hidden, IntermediateSize: s.intermediate, NumHiddenLayers: s.layers, NumAttentionHeads: s.heads,
		NumKeyValueHeads: s.heads, HeadDim: s.hidden / s.heads, VocabSize: s.vocabulary, MaxPositionEmbeddings: s.seq,
		RMSNormEps: 1e-6, RopeTheta: 10000, InitializerRange: 0.02, BosTokenID: 1, PadTokenID: -1, EosTokenIDs: []int32{2},
	}, 1)
	if err != nil {
		return err
	}
	defer m.Close()
	for _, file := range m.Files() {
		f, err := os.OpenFile(filepath.Join(dir, file.Name), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
		if err != nil {
			return err
		}
		if err := file.Write(f); err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

// measure times training steps of one core with a kernel; ok is false where the
// processor has no such kernel.
func (s shape) measure(dir, name string, least time.Duration) (r result, ok bool, err error) {
	b, err := cpu.New(cpu.Options{Workers: 1, Kernel: name})
	if err != nil {
		return r, false, nil
	}
	step, stop, err := s.trainer(b, dir)
	if err != nil {
		return r, false, err
	}
	defer stop()
	seconds, err := fastest(least, step)
	if err != nil {
		return r, false, err
	}
	peak, err := peak(b, least/2)
	return result{
		Shape: s.name, Kernel: name, TokensPerS: float64(s.batch*s.seq) / seconds, StepMS: 1e3 * seconds,
		PeakGFLOPS: peak / 1e9, ShareOfPeak: s.flop() / seconds / peak,
	}, true, err
}

// trainer is one whole optimizer step on a fixed batch.
func (s shape) trainer(b kernel.Backend, dir string) (step func() error, stop func(), err error) {
	m, err := model.Open(context.Background(), b, dir, graph.Frozen)
	if err != nil {
		return nil, nil, err
	}
	if _, err := m.AddAdapter("bench", lora.Config{R: s.rank, LoraAlpha: 16, TargetModules: s.targets}.Adapter(adapter.CausalLM), 0, 1); err != nil {
		return nil, nil, err
	}
	g, err := m.Graph(graph.Options{Batch: s.batch, Seq: s.seq, Training: true})
	if err != nil {
		return nil, nil, err
	}
	loss, err := m.LMLoss(g)
	if err != nil {
		return nil, nil, err
	}
	g.Backward(loss)
	machine, err := g.Compile()
	if err != nil {
		return nil, nil, err
	}
	random := rand.New(rand.NewPCG(1, 1))
	in := graph.Batch{InputIDs: make([]int32, s.batch*s.seq), Lengths: make([]int32, s.batch)}
	for i := range in.InputIDs {
		in.InputIDs[i] = random.Int32N(int32(s.vocabulary))
	}
	for i := range in.Lengths {
		in.Lengths[i] = int32(s.seq)
	}
	params, n := m.Params(), 0
	return func() error {
		n++
		params.ZeroGrad()
		if r, err := machine.Run(in); err != nil || math.IsNaN(r.Sum) {
			return fmt.Errorf("step %d: loss %v: %w", n, r.Sum, err)
		}
		if err := params.AdamW(kernel.Adam{LR: 1e-4, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Step: n}, 0); err != nil {
			return err
		}
		return b.Sync()
	}, m.Close, nil
}

// peak is the FLOP/s of a product with a frozen right side of the machine's own
// packed kernel, at a size that suits it.
func peak(b kernel.Backend, least time.Duration) (float64, error) {
	const m, n, k = 1280, 1024, 1024
	var buffers [3]kernel.Buffer
	for i, size := range []int{m * n, m * k, n * k} {
		buffer, err := b.Alloc(b.Float(), size)
		if err != nil {
			return 0, err
		}
		b.Fill(buffer, 0.5)
		buffers[i] = buffer
	}
	b.Freeze(buffers[2], n, k)
	seconds, err := fastest(least, func() error {
		b.MatMul(buffers[0], buffers[1], buffers[2], kernel.MatMul{M: m, N: n, K: k, TransB: true, Alpha: 1})
		return b.Sync()
	})
	return 2 * m * n * k / seconds, err
}

// fastest is the shortest time of a call in seconds, after two to warm up: other
// programs on the machine only ever make one longer.
func fastest(least time.Duration, f func() error) (float64, error) {
	best, begin := math.Inf(1), time.Now()
	for i := 0; i < 5 || time.Since(begin) < least; i++ {
		start := time.Now()
		if err := f(); err != nil {
			return 0, err
		}
		if took := time.Since(start).Seconds(); i >= 2 {
			best = min(best, took)
		}
	}
	return best, nil
}
