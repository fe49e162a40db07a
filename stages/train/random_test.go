package train

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
)

const tinyBERT = `"model_type": "bert", "hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 1, "num_attention_heads": 2, "max_position_embeddings": 24`

func TestRandomModelsAreForTheTokenizer(t *testing.T) {
	in := stages.Inputs{"tokenizer": {smallestTokenizer(t)}}
	random := func(keys, more string) *dataset.Dataset {
		return stagetest.Run(t, "train.random", `{config: '{`+keys+`}'`+more+`}`, in)
	}
	one := random(tinyBERT, "")
	data, err := one.ReadFile(t.Context(), "config.json")
	must(t, err)
	var config struct {
		Type  string `json:"model_type"`
		Words int    `json:"vocab_size"`
	}
	must(t, json.Unmarshal(data, &config))
	if config.Type != "bert" || config.Words != 261 {
		t.Errorf("%+v", config)
	}
	if random(tinyBERT, "").Manifest.Digest() != one.Manifest.Digest() || random(tinyBERT, ", seed: 2").Manifest.Digest() == one.Manifest.Digest() {
		t.Error("the weights do not depend on the seed alone")
	}
	random(tinyBERT+`, "pad_token_id": 7`, "")
	random(`"model_type": "llama", "hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 1, "num_attention_heads": 2`, "")

	// It was trained on nobody, which is known.
	adapter := stagetest.Run(t, "train.finetune", `{epochs: 1, peft: {type: none}}`, corpus(t, 60, 1).with(stages.Inputs{"base": {one}}))
	if n := adapter.Manifest.Counts["unknown_training_patients"]; n != 0 {
		t.Errorf("%d of unknown training", n)
	}
}

func TestWrongConfigurationsOfRandomModels(t *testing.T) {
	in := stages.Inputs{"tokenizer": {smallestTokenizer(t)}}
	for config, want := range map[string]string{
		`[`:                                   "config: malformed JSON",
		`{"model_type": "gemma"}`:             "config: model_type",
		`{` + tinyBERT + `, "vocab_size": 9}`: "vocab_size is the tokenizer",
		`{` + tinyBERT + `, "hidden_act": "swish"}`: "config: hidden_act",
	} {
		_, err := stagetest.Try(t, "train.random", `{config: '`+config+`'}`, in)
		if exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", config, err, want)
		}
	}
}
