package train

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
)

// A model of random weights is the same one in every step that names it.
func TestABaseOfRandomWeights(t *testing.T) {
	tokens := corpus(t, 60, 1)
	base := func(change string) string {
		const config = `{"model_type":"qwen2","hidden_size":16,"intermediate_size":24,"num_hidden_layers":1,"num_attention_heads":2,"num_key_value_heads":1,"vocab_size":32}`
		path := filepath.Join(t.TempDir(), "config.json")
		must(t, os.WriteFile(path, []byte(strings.Replace(config, `"vocab_size":32`, change, 1)), 0o600))
		return `base: random:` + path + `, `
	}
	given := base(`"vocab_size":32`)
	clinical := stagetest.Run(t, "train.pretrain", `{`+given+quickAdapter+`}`, tokens.with(nil))
	adapter := stagetest.Run(t, "train.finetune", `{`+given+quickAdapter+`}`, tokens.with(stages.Inputs{"clinical": {clinical}}))
	predicted := stagetest.Run(t, "train.predict", `{`+given+`variant: x}`, tokens.with(stages.Inputs{"adapter": {adapter}}))
	for _, count := range []string{"unknown_base_model", "unknown_training_patients"} {
		if n := predicted.Manifest.Counts[count]; n != 0 {
			t.Errorf("%s is %d", count, n)
		}
	}
	_, err := stagetest.Try(t, "train.predict", `{`+base(`"vocab_size":33`)+`variant: x}`, tokens.with(stages.Inputs{"adapter": {adapter}}))
	if exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "another base model") {
		t.Errorf("with another configuration: %v", err)
	}
	if _, err := GenerateText(t.Context(), stages.Default, "random:x/config.json", nil, 3); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "random weights have no tokenizer") {
		t.Errorf("asked to write: %v", err)
	}
}
