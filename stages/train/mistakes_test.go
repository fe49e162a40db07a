package train

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
	"github.com/clinflow/clinflow/stages/train/model"
	"github.com/clinflow/clinflow/task"
)

// What people do with adapters that does not go together is told by the key or the port,
// and is never computed as something else.
func TestAdaptersThatDoNotGoTogetherAreRefused(t *testing.T) {
	tokens := corpus(t, 60, 1)
	llama, bert := baseModel(t, tokens, quickBase), randomBERT(t, 0)
	on := func(others stages.Inputs) stages.Inputs {
		others["base"] = []*dataset.Dataset{llama}
		return tokens.with(others)
	}
	classifier := stagetest.Run(t, "train.finetune", `{epochs: 1}`, on(stages.Inputs{}))
	language := stagetest.Run(t, "train.pretrain", `{epochs: 1}`, on(stages.Inputs{}))
	for _, c := range []struct {
		stage, config string
		in            stages.Inputs
		want          string
	}{
		{"train.finetune", `{}`, on(stages.Inputs{"clinical": {classifier}}), "clinical: .* has a classification head of its own"},
		{"train.finetune", `{base: BERT, peft: {target_modules: [query]}}`, tokens.with(stages.Inputs{"clinical": {language}}), "clinical: .* base"},
		{"train.finetune", `{base: BERT, peft: {target_modules: [q_proj, v_proj]}}`, tokens.with(nil), `target_modules: .* "q_proj"`},
		{"train.finetune", `{base: BERT, peft: {type: adaption_prompt, adapter_len: 2, adapter_layers: 1}}`, tokens.with(nil), "adaption prompts are for models of type .* the base is a bert"},
		{"train.finetune", `{peft: {type: adaption_prompt, adapter_len: 2, adapter_layers: 2}}`, on(stages.Inputs{}), "adapter_layers: is 2, the base model has 1 layers"},
		{"train.finetune", `{peft: {layers_to_transform: [9]}}`, on(stages.Inputs{}), "layers_to_transform"},
		{"train.finetune", `{base: BERT, peft: {type: prompt_tuning, num_virtual_tokens: 2, prompt_tuning_init: TEXT}}`, tokens.with(nil), "prompt_tuning_init: TEXT needs a base model with a folder"},
		{"train.finetune", `{peft: {type: prefix_tuning, num_virtual_tokens: 20}}`, on(stages.Inputs{}), "20 virtual ones .* max_position_embeddings 24"},
		{"train.pretrain", `{peft: {type: none}}`, on(stages.Inputs{}), "peft.type: none leaves nothing to train"},
		{"train.pretrain", `{base: BERT, peft: {type: full}}`, tokens.with(nil), "predicts no next token"},
		{"train.predict", `{variant: x, splits: [test]}`, on(stages.Inputs{"adapter": {language}}), "adapter: .* was trained for language_modeling"},
		{"train.predict", `{splits: [test]}`, tokens.as(t, "diag", task.Multilabel, 3).with(stages.Inputs{"base": {llama}, "adapter": {classifier}}), "adapter: .* of 2 labels, .* of 3"},
		{"train.predict", `{base: BERT, splits: [test]}`, tokens.with(stages.Inputs{"adapter": {classifier}}), "adapter: .* base"},
	} {
		_, err := stagetest.Try(t, c.stage, strings.ReplaceAll(c.config, "BERT", fmt.Sprintf("%q", bert)), c.in)
		refused(t, c.stage+" "+c.config, err, c.want)
	}
}

// Files that are not of a step have no record of their base: what they hold tells.
func TestAdapterFoldersThatDoNotGoTogetherAreRefused(t *testing.T) {
	const bases, cases = "parity/testdata/bases/", "parity/testdata/cases/"
	b, err := cpu.New(cpu.Options{})
	must(t, err)
	for _, c := range []struct {
		base     string
		adapters []string
		want     string
	}{
		{"bert", []string{"lora"}, `target_modules: .* "q_proj"`},
		{"llama", []string{"bert_lora"}, "score.weight.* another kind of model"},
		{"llama", []string{"lora_softmax"}, "v_proj.lora_B.weight"},
		{"llama_grouped", []string{"lora_softmax", "lora_sigmoid"}, "a classification head already"},
		{"bert", []string{"adaption_softmax"}, "adaption prompts are for models of type"},
		{"bert", []string{"prefix_softmax"}, "classifier.weight.* another kind of model"},
		{"llama_grouped", []string{"bert_prompt"}, "score.weight.* another kind of model"},
	} {
		var folders []string
		for _, name := range c.adapters {
			folders = append(folders, cases+name+"/adapter")
		}
		in, err := model.Inspect(t.Context(), b, bases+c.base, folders)
		if err == nil {
			in.Close()
		}
		refused(t, fmt.Sprint(c.adapters, " on ", c.base), err, c.want)
	}
	in, err := model.Inspect(t.Context(), b, bases+"llama_grouped", []string{cases + "lora_softmax/adapter"})
	must(t, err)
	defer in.Close()
	_, err = in.Generate([]int32{1}, 3)
	refused(t, "a classifier that is to write", err, "classification head")
}

func refused(t *testing.T, what string, err error, want string) {
	t.Helper()
	if code := exit.Of(err); code != exit.Usage && code != exit.BadData || !regexp.MustCompile(want).MatchString(err.Error()) {
		t.Errorf("%s: got %v, want %q", what, err, want)
	}
}
