package trainer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/adapter/lora"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
	"github.com/clinflow/clinflow/stages/train/model"
	"github.com/clinflow/clinflow/stages/train/model/llama"
)

// wordCount is the vocabulary of the tests' documents; 1 is BOS.
const wordCount = 32

// documents are n train examples of random words and labels.
func documents(n int) examples.Rows {
	rng := rand.New(rand.NewPCG(1, 2))
	rows := make(examples.Rows, n)
	for i := range rows {
		ids := []int32{1}
		for length := 6 + rng.IntN(15); len(ids) < length; {
			ids = append(ids, rng.Int32N(wordCount))
		}
		rows[i] = examples.Example{ExampleID: fmt.Sprint("e", i), Split: "train", InputIDs: ids, NTokens: int32(len(ids)), Label: rng.Int32N(2)}
	}
	return rows
}

// tinyModel is a model with a new adapter and head on its own backend.
func tinyModel(t *testing.T) *model.Model {
	t.Helper()
	b, err := cpu.New(cpu.Options{Workers: 1})
	must(t, err)
	m, err := llama.New(t.Context(), b, llama.Config{
		HiddenSize: 16, IntermediateSize: 24, NumHiddenLayers: 1, NumAttentionHeads: 2, NumKeyValueHeads: 1, HeadDim: 8,
		VocabSize: wordCount, MaxPositionEmbeddings: 24, RMSNormEps: 1e-6, RopeTheta: 10000, InitializerRange: 0.2, TieWordEmbeddings: true,
	}, 1)
	must(t, err)
	t.Cleanup(m.Close)
	_, err = m.AddAdapter("task", lora.Config{R: 2, LoraAlpha: 4, TargetModules: []string{"q_proj"}}.Adapter(adapter.SeqCls), 2, 1)
	must(t, err)
	return m
}

// gradients runs the batches of a step and returns loss and gradients.
func gradients(t *testing.T, batchSize int, rows examples.Rows, group ...batch) (float64, map[string][]float32) {
	t.Helper()
	m := tinyModel(t)
	to := Trainer{
		Env:   stages.Default,
		Model: m, Objective: Classifier{Logits: m.ClassLogits, NumLabels: 2, ClassWeights: []float64{0.5, 2}},
		Train: rows, BatchSize: batchSize, Optimization: Optimization{Seed: 1},
	}
	r := &run{params: m.Params(), learner: newLearner(to)}
	must(t, r.accumulate(group))
	out := map[string][]float32{}
	for _, p := range m.Params().Trainable() {
		out[p.Name()] = make([]float32, p.Len())
		must(t, p.DownloadGrad(kernel.F32s(out[p.Name()])))
	}
	return r.at.LossSum / r.at.LossWeight, out
}

func TestOneStepIsOneStep(t *testing.T) {
	rows := documents(12)
	numbers := func(lo, hi int) (out []int) {
		for i := lo; i < hi; i++ {
			out = append(out, i)
		}
		return out
	}
	wantLoss, want := gradients(t, 12, rows, batch{numbers(0, 12), 24})
	for name, c := range map[string]struct {
		size  int
		group []batch
	}{
		"rows of zero weight fill the batch": {32, []batch{{numbers(0, 12), 24}}},
		"two batches accumulated":            {6, []batch{{numbers(0, 6), 24}, {numbers(6, 12), 24}}},
		"the last one short":                 {8, []batch{{numbers(0, 8), 24}, {numbers(8, 12), 24}}},
		"no padding that is not needed":      {12, []batch{{numbers(0, 12), rows.Longest()}}},
	} {
		loss, got := gradients(t, c.size, rows, c.group...)
		if math.Abs(loss-wantLoss) > 1e-5 {
			t.Errorf("%s: loss %g, want %g", name, loss, wantLoss)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-3, 1e-6)); diff != "" {
			t.Errorf("%s: gradients differ:\n%s", name, diff)
		}
	}
}

func TestOnlyTrainRowsAreTrainedOn(t *testing.T) {
	to := Trainer{Env: stages.Default, Name: "test", Train: examples.Rows{{Split: "train"}, {Split: "test"}}}
	if _, err := to.Learn(t.Context(), nil); exit.Of(err) != exit.BadData {
		t.Errorf("a training over a test row: error %v, want exit %d", err, exit.BadData)
	}
	if err := onlyTrain(examples.Rows{{Split: "train"}, {Split: "train"}}); err != nil {
		t.Error(err)
	}
	for _, split := range []string{"val", "test", ""} {
		rows := examples.Rows{{Split: "train"}, {Split: split}}
		if err := onlyTrain(rows); exit.Of(err) != exit.BadData {
			t.Errorf("split %q: error %v, want exit %d", split, err, exit.BadData)
		}
	}
}

// An interruption in the middle of an optimizer step is heeded between two ops; the
// step is taken again by the run that goes on.
func TestAStepCanBeInterruptedBetweenItsOps(t *testing.T) {
	m := tinyModel(t)
	ctx, cancel := context.WithCancel(t.Context())
	m.Params().Until(ctx)
	rows := documents(20)
	l := newLearner(Trainer{Env: stages.Default, Name: "test", Model: m, Objective: LanguageModel{Model: m}, Train: rows, Val: rows, BatchSize: 4})
	defer l.close()
	_, _, err := l.measure(context.Background(), rows)
	must(t, err)
	cancel()
	if _, _, err := l.measure(context.Background(), rows); !errors.Is(err, context.Canceled) {
		t.Errorf("a model whose context has ended computed on: %v", err)
	}
}
