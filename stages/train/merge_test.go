package train

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/stages/train/leakage"
)

// logitsOf are a model's for a few texts.
func logitsOf(t *testing.T, model string, adapters ...string) (all []float64) {
	t.Helper()
	var out strings.Builder
	must(t, LogitsLines(t.Context(), stages.Default, model, adapters, strings.NewReader("[1,7,9]\n[1,20,5,11,30]\n"), &out))
	for decoder := json.NewDecoder(strings.NewReader(out.String())); decoder.More(); {
		var rows [][]float64
		must(t, decoder.Decode(&rows))
		for _, row := range rows {
			all = append(all, row...)
		}
	}
	return all
}

func alike(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) || len(want) == 0 {
		t.Fatalf("%s: %d logits, want %d", what, len(got), len(want))
	}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-4*max(1, math.Abs(want[i])) {
			t.Fatalf("%s: logit %d is %g, want %g", what, i, got[i], want[i])
		}
	}
}

func dirOf(t *testing.T, d *dataset.Dataset) string {
	t.Helper()
	path, err := d.LocalPath(t.Context(), d.Manifest.Files[0].Name)
	must(t, err)
	return filepath.Dir(path)
}

// A merged model computes what the base computes with its adapters, and its record names
// the patients of them all.
func TestMerge(t *testing.T) {
	tokens := corpus(t, 200, 1)
	base := baseModel(t, tokens, quickBase)
	clinical := stagetest.Run(t, "train.pretrain", `{learning_rate: 0.02, peft: {r: 3, use_rslora: true, target_modules: [all-linear]}}`, tokens.with(stages.Inputs{"base": {base}}))
	head := stagetest.Run(t, "train.finetune", quickLoRA, tokens.with(stages.Inputs{"base": {base}}))
	whole := stagetest.Run(t, "train.finetune", `{peft: {type: full}, learning_rate: 0.01, epochs: 1}`, tokens.with(stages.Inputs{"base": {base}}))
	copies := stagetest.Run(t, "train.finetune", `{peft: {r: 2, bias: all, modules_to_save: [norm, embed_tokens]}, learning_rate: 0.05, epochs: 1}`, tokens.with(stages.Inputs{"base": {base}}))
	for name, adapters := range map[string][]string{
		"copies of modules":     {dirOf(t, copies)},
		"language model":        {dirOf(t, clinical)},
		"classifier":            {dirOf(t, head)},
		"classifier over both":  {dirOf(t, clinical), dirOf(t, head)},
		"model that is trained": {dirOf(t, whole)},
	} {
		out := filepath.Join(t.TempDir(), "merged")
		must(t, Merge(t.Context(), stages.Default, dirOf(t, base), adapters, out))
		want := logitsOf(t, dirOf(t, base), adapters...)
		if name == "language model" {
			alike(t, name, logitsOf(t, out), want)
		} else { // a classifier lies over its base, as what is trained whole does
			alike(t, name, logitsOf(t, dirOf(t, base), out), want)
		}
		trained, err := os.ReadFile(filepath.Join(out, leakage.PatientsName))
		must(t, err)
		if len(trained)%8 != 0 || len(trained) < 8*100 {
			t.Errorf("%s: a record of %d bytes", name, len(trained))
		}
		if _, err := os.Stat(filepath.Join(out, "tokenizer.model")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMergeRefuses(t *testing.T) {
	tokens := corpus(t, 60, 1)
	base := baseModel(t, tokens, quickBase)
	for config, want := range map[string]string{
		`{learning_rate: 0}`: "change no weight of the model",
		`{peft: {type: prefix_tuning, num_virtual_tokens: 2}}`: "peft_type PREFIX_TUNING is more than a change of weights",
	} {
		d := stagetest.Run(t, "train.pretrain", config, tokens.with(stages.Inputs{"base": {base}}))
		err := Merge(t.Context(), stages.Default, dirOf(t, base), []string{dirOf(t, d)}, t.TempDir())
		if exit.Of(err) != exit.Usage || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%s: %v", config, err)
		}
	}
}
