package train

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
)

// Full fine-tuning learns with all weights, leaves a folder of transformers' class of
// classifiers, and is predicted with like an adapter.
func TestFullFineTuning(t *testing.T) {
	tokens := corpus(t, 500, 1)
	base := baseModel(t, tokens, quickBase)
	const config = `{peft: {type: full}, learning_rate: 0.01, epochs: 6, batch_size: 16, weight_decay_of: matrices}`
	d := stagetest.Run(t, "train.finetune", config, tokens.with(stages.Inputs{"base": {base}}))
	if auroc := testAUROC(t, tokens, base, config); auroc < 0.9 {
		t.Errorf("AUROC %.3f on a rule that can be learned whole", auroc)
	}
	// 261 words of 16 columns, a layer and its norms, and a head of two labels.
	if n, want := d.Manifest.Counts["trainable_parameters"], base.Manifest.Counts["trainable_parameters"]+2*16; n != want {
		t.Errorf("%d parameters are trained, want %d", n, want)
	}
	dir, err := folder(t.Context(), d, "config.json")
	must(t, err)
	data, err := os.ReadFile(filepath.Join(dir, "config.json"))
	must(t, err)
	var c struct {
		Architectures []string
		ID2Label      map[string]string
	}
	must(t, json.Unmarshal(data, &c))
	if fmt.Sprint(c) != "{[LlamaForSequenceClassification] map[0:LABEL_0 1:LABEL_1]}" {
		t.Errorf("config.json says %v", c)
	}
	if d.HasFile("adapter_config.json") {
		t.Error("transformers would look for an adapter")
	}
}

// A language model that is trained whole may lie under an adapter, as one that PEFT knows.
func TestAClinicalModelTrainedWhole(t *testing.T) {
	tokens := corpus(t, 500, 1)
	base := baseModel(t, tokens, `epochs: 1, learning_rate: 0.003`)
	clinical := stagetest.Run(t, "train.pretrain", `{peft: {type: full}, learning_rate: 0.01, epochs: 2}`, tokens.with(stages.Inputs{"base": {base}}))
	d := stagetest.Run(t, "train.finetune", quickLoRA, tokens.with(stages.Inputs{"base": {base}, "clinical": {clinical}}))
	got := predictions(t, tokens, base, d, `{splits: [test]}`)
	// The adapter alone, over the base without what was learned of the language.
	alone := stagetest.Run(t, "train.finetune", quickLoRA, tokens.with(stages.Inputs{"base": {base}}))
	if other := predictions(t, tokens, base, alone, `{splits: [test]}`); got[0].Logits[0] == other[0].Logits[0] {
		t.Error("the clinical model changes nothing")
	}
	if !d.HasFile("clinical/config.json") || got[0].Variant != "clinical_frozen_downstream" {
		t.Errorf("variant %s, files %v", got[0].Variant, d.Manifest.Files)
	}
}

func TestAWholeModelOfAnotherConfigurationIsRefused(t *testing.T) {
	tokens := corpus(t, 60, 1)
	base := baseModel(t, tokens, quickBase)
	d := stagetest.Run(t, "train.finetune", `{peft: {type: full}, epochs: 1}`, tokens.with(stages.Inputs{"base": {base}}))
	dir, err := folder(t.Context(), d, "config.json")
	must(t, err)
	baseDir, err := folder(t.Context(), base, "config.json")
	must(t, err)
	for from, to := range map[string]string{
		`"rope_theta": 10000`:             `"rope_theta": 20000`,
		`LlamaForSequenceClassification"`: `LlamaForSequenceClassification", "LlamaForCausalLM"`,
		`"hidden_size": 16`:               `"hidden_size": 32`,
	} {
		other := t.TempDir()
		must(t, os.CopyFS(other, os.DirFS(dir)))
		path := filepath.Join(other, "config.json")
		data, err := os.ReadFile(path)
		must(t, err)
		must(t, os.WriteFile(path, []byte(strings.Replace(string(data), from, to, 1)), 0o600))
		var out strings.Builder
		err = LogitsLines(t.Context(), stages.Default, baseDir, []string{other}, strings.NewReader("[1,7]"), &out)
		key, _, _ := strings.Cut(strings.Trim(from, `"`), `"`)
		if key = strings.TrimSuffix(key, "LlamaForSequenceClassification"); key == "" {
			key = "architectures"
		}
		if exit.Of(err) != exit.BadData || !strings.Contains(fmt.Sprint(err), key) {
			t.Errorf("%s: %v", to, err)
		}
	}
}
