package main

import (
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/adapter/lora"
	"github.com/clinflow/clinflow/stages/train/check"
	"github.com/clinflow/clinflow/stages/train/model/llama"
)

// size is all that one run measures.
type size struct {
	timed    []workload    // whose steps are timed
	beside   int           // so many of the first by the peer too
	shares   []float64     // of the card's peak that the first are to reach
	checked  []check.Shape // of the steps that are compared with the processor's
	losses   int           // steps of a curve that has to repeat itself and to resume
	learnt   check.Shape   // of the curve that is compared with the peer's
	steps    int           // of that curve
	rate     float64       // its learning rate
	ours     counts
	peers    counts
	product  int  // rows and columns of the matrices whose product is the card's peak
	copied   int  // bytes
	emulated bool // the peer may do without a card
}

// counts are how often something is done to warm up, and then to be timed.
type counts struct{ warm, timed int }

// sizes are those of --shape. The checked ones have heads of 64 and of 128 columns,
// for both of which a card's tensor cores have kernels of their own.
var sizes = map[string]size{
	"7b": {
		timed:  workloads(llama7b, [][2]int{{10, 128}, {40, 128}, {10, 512}, {2, 4096}}, 8, 128),
		beside: 3,
		shares: []float64{0.6, 0.7},
		checked: []check.Shape{
			{Hidden: 256, Intermediate: 688, Layers: 2, Heads: 4, KVHeads: 2, Vocabulary: 512, Batch: 3, Seq: 96, Rank: rank, Labels: 5, Dropout: 0.1},
			{Hidden: 256, Intermediate: 688, Layers: 2, Heads: 2, KVHeads: 2, Vocabulary: 512, Batch: 3, Seq: 96, Rank: rank, Labels: 5, Dropout: 0.1, Checkpointing: true},
		},
		losses: 10,
		learnt: check.Shape{Hidden: 256, Intermediate: 688, Layers: 4, Heads: 4, KVHeads: 2, Vocabulary: 512, Batch: 8, Seq: 64, Rank: rank},
		steps:  50, rate: 1e-3,
		ours: counts{5, 20}, peers: counts{3, 10},
		product: 8192, copied: 1 << 30,
	},
	"tiny": {
		timed:   workloads(tiny, [][2]int{{2, 16}, {4, 16}, {2, 32}}, 3, 16),
		beside:  3,
		checked: []check.Shape{{Hidden: 64, Intermediate: 96, Layers: 2, Heads: 2, KVHeads: 1, Vocabulary: 96, Batch: 3, Seq: 20, Rank: 4, Labels: 5, Dropout: 0.1}},
		losses:  2,
		learnt:  tiny(2, 16),
		steps:   50, rate: 1e-2,
		ours: counts{2, 3}, peers: counts{1, 3},
		product: 128, copied: 1 << 20,
		emulated: true,
	},
}

// The adapter of every timed step and of the curve.
const rank, alpha = 16, 32

var update = lora.Config{R: rank, LoraAlpha: alpha, TargetModules: []string{"q_proj", "v_proj"}}.Adapter(adapter.CausalLM)

// llama7b is LLaMA-7B (Touvron et al. 2023, arXiv:2302.13971) with a batch of full rows.
func llama7b(batch, seq int) check.Shape {
	return check.Shape{Hidden: 4096, Intermediate: 11008, Layers: 32, Heads: 32, KVHeads: 32, Vocabulary: 32000, Batch: batch, Seq: seq, Rank: rank}
}

// tiny takes the emulated device seconds.
func tiny(batch, seq int) check.Shape {
	return check.Shape{Hidden: 64, Intermediate: 96, Layers: 2, Heads: 2, KVHeads: 2, Vocabulary: 96, Batch: batch, Seq: seq, Rank: rank}
}

// config is the model of a shape, with the weights' deviation that LLaMA begins with.
func config(s check.Shape) llama.Config {
	c := s.Config()
	c.InitializerRange = 0.02
	return c
}
