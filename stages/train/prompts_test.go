package train

import (
	"math"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
)

// prompts are adapters of the other methods than LoRA, as a user configures them.
var prompts = []string{
	"peft: {type: prompt_tuning, num_virtual_tokens: 2}",
	"peft: {type: prefix_tuning, num_virtual_tokens: 2}",
	"peft: {type: prefix_tuning, num_virtual_tokens: 2, prefix_projection: true}",
	"peft: {type: p_tuning, num_virtual_tokens: 2, encoder_hidden_size: 4, encoder_reparameterization_type: LSTM, encoder_dropout: 0.3}",
	"peft: {type: adaption_prompt, adapter_len: 2, adapter_layers: 1}",
}

// Each method is a clinical adapter under a head, and a task's adapter over a clinical
// one; what is predicted with the files is what was trained.
func TestPromptsAreAdaptersOfVariants(t *testing.T) {
	tokens, in, overLoRA := ground(t)
	for _, peft := range prompts {
		clinical := stagetest.Run(t, "train.pretrain", `{learning_rate: 0.02, `+peft+`}`, in)
		under := tokens.with(stages.Inputs{"base": in["base"], "clinical": {clinical}})
		for _, c := range []struct {
			config string
			in     stages.Inputs
		}{{"peft: {type: none}", under}, {peft, overLoRA}, {peft, under}} {
			adapter := stagetest.Run(t, "train.finetune", `{epochs: 1, learning_rate: 0.01, class_weights: none, `+c.config+`}`, c.in)
			log := readLog(t, adapter)
			got := crossEntropy(predictions(t, tokens, in.One("base"), adapter, `{variant: x, splits: [val]}`))
			if want := log[len(log)-1].Loss; math.Abs(got-want) > 1e-4 {
				t.Errorf("%s: the predictions' loss on val is %.6f, the training log's %.6f", c.config, got, want)
			}
		}
		_, err := stagetest.Try(t, "train.finetune", `{epochs: 1, clinical: trainable, peft: {type: none}}`, under)
		if encoded := strings.Contains(peft, "projection") || strings.Contains(peft, "p_tuning"); !encoded && err != nil {
			t.Errorf("%s: %v", peft, err)
		} else if encoded && (exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), "which PEFT does not save")) {
			t.Errorf("%s is trained further without its encoder: %v", peft, err)
		}
	}
}
