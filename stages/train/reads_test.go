package train

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
	"github.com/clinflow/clinflow/stages/train/leakage"
)

// What is in a step's fingerprint of the base model's folder is what the stages
// read there: without the other files they do the same.
func TestTheBasesOtherFilesAreNotRead(t *testing.T) {
	tokens := corpus(t, 60, 1)
	base := baseModel(t, tokens, quickBase)
	clinical := stagetest.Run(t, "train.finetune", `{`+quickAdapter+`}`, tokens.with(stages.Inputs{"base": {base}}))
	path, err := base.LocalPath(t.Context(), "config.json")
	must(t, err)
	for _, c := range []struct {
		stage, config string
		in            stages.Inputs
	}{
		{"train.pretrain", quickAdapter, tokens.with(nil)},
		{"train.finetune", quickAdapter, tokens.with(nil)},
		{"train.predict", `variant: lora`, tokens.with(stages.Inputs{"adapter": {clinical}})},
	} {
		t.Run(c.stage, func(t *testing.T) {
			folder := t.TempDir()
			must(t, os.CopyFS(folder, os.DirFS(filepath.Dir(path))))
			run := func() *dataset.Dataset {
				return stagetest.Run(t, c.stage, `{base: "`+folder+`", `+c.config+`}`, c.in)
			}
			whole := run()
			read, unread := stagetest.OnlyRead(t, c.stage, "base", folder)
			for _, name := range []string{"config.json", "model.safetensors", leakage.PatientsName} {
				if !slices.Contains(read, name) {
					t.Errorf("%s is not among what is read: %q", name, read)
				}
			}
			if !slices.Contains(unread, "train_log.jsonl") {
				t.Errorf("the case tests nothing: what is not read is %q", unread)
			}
			bare := run()
			if whole.Manifest.Digest() != bare.Manifest.Digest() || whole.Manifest.Counts["unknown_training_patients"] != bare.Manifest.Counts["unknown_training_patients"] {
				t.Error("the output is another without the files that are not read")
			}
		})
	}
}

// Whatever a tokenizer is read from is in the fingerprint: a prompt may begin with the
// tokens of a text.
func TestTheBasesTokenizerIsInTheFingerprint(t *testing.T) {
	folder := t.TempDir()
	for _, name := range tokenizer.Files {
		must(t, os.WriteFile(filepath.Join(folder, name), nil, 0o600))
	}
	if _, unread := stagetest.OnlyRead(t, "train.finetune", "base", folder); len(unread) > 0 {
		t.Errorf("%q are not in it", unread)
	}
}

// Weights are read from files of these names alone, and each is in the fingerprint.
func TestWeightsOfEveryKindAreInTheFingerprint(t *testing.T) {
	folder := t.TempDir()
	want := []string{"config.json", "model-00001-of-00002.safetensors", "model.safetensors", "model.safetensors.index.json", "pytorch_model-00001-of-00002.bin", "pytorch_model.bin", "pytorch_model.bin.index.json"}
	for _, name := range append([]string{"optimizer.pt", "training_args.bin"}, want...) {
		must(t, os.WriteFile(filepath.Join(folder, name), nil, 0o600))
	}
	read, _ := stagetest.OnlyRead(t, "train.predict", "base", folder)
	slices.Sort(read)
	if !slices.Equal(read, want) {
		t.Errorf("read is %q, want %q", read, want)
	}
}
