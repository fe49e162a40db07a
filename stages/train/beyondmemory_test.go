package train

import (
	"fmt"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/stages/train/trainer"
)

func TestWhatIsBeyondMemoryIsRefused(t *testing.T) {
	tokens := corpus(t, 60, 1)
	in := tokens.with(stages.Inputs{"base": {baseModel(t, tokens, quickBase)}})
	for _, c := range []struct {
		stage, config string
		in            stages.Inputs
		words         string
	}{
		{"train.base", `{hidden_size: 1000000000}`, tokens.with(stages.Inputs{"tokenizer": {smallestTokenizer(t)}}), "parameter model.embed_tokens.weight: out of device memory"},
		{"train.finetune", `{peft: {r: 999999999999}}`, in, "lora_A.weight: out of device memory"},
		{"train.pretrain", `{peft: {r: 9000000000000000000}}`, in, "lora_A.weight: out of device memory"},
	} {
		_, err := stagetest.Try(t, c.stage, c.config, c.in)
		if exit.Of(err) != exit.Usage || !strings.Contains(fmt.Sprint(err), c.words) || !strings.Contains(fmt.Sprint(err), "take smaller settings") {
			t.Errorf("%s %s: exit %d, %v", c.stage, c.config, exit.Of(err), err)
		}
	}
}

func TestAModelBeyondMemoryIsToldBeforeTheFirstStep(t *testing.T) {
	env := environment("cpu", 1)
	for layers, want := range map[int]string{2: "", 1_000_000_000: "hidden_size: the model's weights, gradients and moments take 30.7 TB"} {
		built, err := newBase(env, BaseConfig{HiddenSize: 16, IntermediateSize: 24, Layers: layers, Heads: 2, KVHeads: 1, Sequences: trainer.Sequences{SequenceLength: 2}})
		must(t, err)
		d, err := built.(*base).device()
		must(t, err)
		d.memory = 1 << 30
		var told string
		for _, fault := range built.(stages.Checked).Check(t.Context(), stages.Givers{}) {
			told += fault.Key + ": " + fault.Err.Error()
		}
		if !strings.HasPrefix(told, want) || want == "" && strings.Contains(told, "memory") {
			t.Errorf("%d layers: %q, want %q", layers, told, want)
		}
	}
}

// The weights are those of a batch of all examples, and so are the predictions.
func TestABatchIsNoLargerThanTheExamples(t *testing.T) {
	tokens := corpus(t, 60, 1)
	given := baseModel(t, tokens, quickBase)
	in := func(more stages.Inputs) stages.Inputs {
		more["base"] = []*dataset.Dataset{given}
		return tokens.with(more)
	}
	for _, peft := range []string{"{type: none}", "{r: 2, dropout: 0.1}"} {
		train := func(size int) (string, any) {
			made := stagetest.Run(t, "train.finetune", fmt.Sprintf("{peft: %s, epochs: 2, learning_rate: 0.01, batch_size: %d}", peft, size), in(stages.Inputs{}))
			return weightsDigest(t, made), predictions(t, tokens, given, made, fmt.Sprintf("{variant: x, batch_size: %d}", size))
		}
		weights, scores := train(60)
		if w, s := train(1_000_000_000_000); w != weights || fmt.Sprint(s) != fmt.Sprint(scores) {
			t.Errorf("%s: a batch of more than the examples gives other weights or scores", peft)
		}
	}
}
