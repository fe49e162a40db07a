package graph_test

import (
	"testing"

	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
)

// The names are those of transformers' models; which of them its Trainer spares is what
// get_decay_parameter_names of 5.23 says.
func TestWeightDecaySparesBiasesAndNorms(t *testing.T) {
	tests := map[string]bool{
		"model.layers.0.self_attn.q_proj.weight":                 false,
		"task/base_model.model.model.layers.0.q.lora_A.weight":   false,
		"bert.embeddings.word_embeddings.weight":                 false,
		"score.weight":                                           false,
		"bert.encoder.layer.0.attention.output.LayerNorm.weight": true,
		"bert.encoder.layer.0.attention.self.query.bias":         true,
		"model.layers.0.input_layernorm.weight":                  true,
		"model.norm.weight":                                      true,
		"model.layers.0.self_attn.q_norm.weight":                 true,
		"model.layers.0.normal.weight":                           false,
	}
	for _, spare := range []bool{false, true} {
		ps := graph.NewParams(backend(t, cpu.Options{Float: kernel.F64}))
		for name := range tests {
			if err := ps.Add(name, graph.Trainable, 1).Upload(kernel.F64s([]float64{1})); err != nil {
				t.Fatal(err)
			}
		}
		if spare {
			ps.SpareBiasesAndNorms()
		}
		if err := ps.AdamW(kernel.Adam{LR: 0.5, Eps: 1e-8, WeightDecay: 0.5, Step: 1}, 0); err != nil {
			t.Fatal(err)
		}
		for name, spared := range tests {
			got, err := ps.Get(name).Values()
			if err != nil || (got[0] == 1) != (spare && spared) {
				t.Errorf("spare %v: %s becomes %v, %v", spare, name, got, err)
			}
		}
	}
}

// What is not taught has no part in the loss, and no weight.
func TestUntaughtTokensAreNotPredicted(t *testing.T) {
	n := newNet(t, backend(t, cpu.Options{Float: kernel.F64}), graph.Options{Batch: 1, Seq: 4}, 1)
	m := n.compile(t, networks["tied embeddings"], false)
	run := func(b graph.Batch) graph.Result {
		r, err := m.Run(b)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	whole := run(graph.Batch{InputIDs: []int32{1, 2, 3, 4}, Lengths: []int32{4}})
	part := run(graph.Batch{InputIDs: []int32{1, 2, 3, 4}, Lengths: []int32{4}, Untaught: []bool{false, false, false, true}})
	short := run(graph.Batch{InputIDs: []int32{1, 2, 3, 0}, Lengths: []int32{3}})
	if whole.Weight != 3 || part.Weight != 2 || part.Sum != short.Sum {
		t.Errorf("whole %+v, untaught %+v, short %+v", whole, part, short)
	}
}
