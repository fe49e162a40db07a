package train

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
	"github.com/clinflow/clinflow/stages/train/model"
	"github.com/clinflow/clinflow/stages/train/model/bert"
	"github.com/clinflow/clinflow/stages/train/model/llama"
)

// A step that waits for the card that another has is stopped while it waits.
func TestWaitingForTheCardCanBeInterrupted(t *testing.T) {
	on := onDevice{environment("cuda", 1)}
	d, err := on.device()
	must(t, err)
	d.looked, d.name = true, "cuda/of another step"
	must(t, machine.card.Acquire(t.Context(), 1))
	defer machine.card.Release(1)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	err = on.onBackend(ctx, func(kernel.Backend) error { return errors.New("had the card") })
	if exit.Of(err) != exit.Interrupted || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// A new model's weights are made one by one until the run is interrupted.
func TestMakingAModelCanBeInterrupted(t *testing.T) {
	b, err := cpu.New(cpu.Options{Workers: 1})
	must(t, err)
	for name, config := range map[string]model.Config{
		"llama": llama.Config{
			HiddenSize: 8, IntermediateSize: 8, NumHiddenLayers: 3, NumAttentionHeads: 2, NumKeyValueHeads: 1, HeadDim: 4,
			VocabSize: wordCount, MaxPositionEmbeddings: 24, RMSNormEps: 1e-6, RopeTheta: 10000, InitializerRange: 0.2, TieWordEmbeddings: true,
		},
		"bert": bert.Config{
			HiddenSize: 8, IntermediateSize: 8, NumHiddenLayers: 3, NumAttentionHeads: 2, VocabSize: wordCount,
			MaxPositionEmbeddings: 24, TypeVocabSize: 2, HiddenAct: "gelu", LayerNormEps: 1e-12, InitializerRange: 0.2,
		},
	} {
		many := &countdown{t.Context(), 1 << 20}
		_, err := config.Random(many, b, graph.Frozen, 1)
		must(t, err)
		looks := 1<<20 - many.left
		if looks < 9*3 {
			t.Errorf("%s: the context was looked at %d times", name, looks)
		}
		for left := range looks {
			if _, err := config.Random(&countdown{t.Context(), left}, b, graph.Frozen, 1); !errors.Is(err, context.Canceled) {
				t.Errorf("%s, interrupted at look %d of %d: %v", name, left, looks, err)
			}
		}
	}
}

// A model's files are compared with their sums, and its tensors read one by one,
// until the run is interrupted.
func TestLoadingCanBeInterrupted(t *testing.T) {
	tokens := corpus(t, 60, 1)
	base := baseModel(t, tokens, quickBase)
	reopened := func() stages.Inputs {
		d, err := dataset.Open(t.Context(), base.URI())
		must(t, err)
		return stages.Inputs{"base": {d}}
	}
	many := &countdown{t.Context(), 1 << 20}
	must(t, onDevice{stages.Default}.onBase(many, reopened(), "", func(*model.Model, string) error { return nil }))
	looks := 1<<20 - many.left
	// Config, record, log and weights twice (the sum, more than one look a file), then
	// a look a tensor: nine of a layer, embedding and norm.
	if looks < 15 {
		t.Errorf("the context was looked at %d times", looks)
	}
	for left := range looks {
		err := onDevice{stages.Default}.onBase(&countdown{t.Context(), left}, reopened(), "", func(*model.Model, string) error { return nil })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("interrupted at look %d of %d: %v", left, looks, err)
		}
	}
}
