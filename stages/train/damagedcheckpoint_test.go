package train

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/stages/train/trainer"
	"github.com/clinflow/clinflow/stages/train/trainlog"
)

// A training run goes on from what it wrote, or says that it cannot.
func TestDamagedCheckpointsAreRefused(t *testing.T) {
	tokens := corpus(t, 60, 1)
	in := tokens.with(stages.Inputs{"base": {baseModel(t, tokens, quickBase)}})
	const config = `{epochs: 4}`
	uri := filepath.Join(t.TempDir(), "out")
	_, looks := undisturbed(t, "train.finetune", config, in)
	_, err := attempt(t, &countdown{t.Context(), looks / 2}, "train.finetune", config, uri, in)
	stagetest.WantCode(t, err, exit.Interrupted)
	for _, pattern := range []string{trainer.StateName, trainlog.Name, "tensors-*"} {
		found, err := filepath.Glob(filepath.Join(uri+workSuffix, pattern))
		if err != nil || len(found) != 1 {
			t.Fatalf("%s: %v, %v", pattern, found, err)
		}
		whole, err := os.ReadFile(found[0])
		must(t, err)
		for name, text := range map[string][]byte{"cut": whole[:len(whole)-3], "empty": nil, "flipped": flipped(whole, len(whole)-3)} {
			must(t, os.WriteFile(found[0], text, 0o600))
			_, err := attempt(t, t.Context(), "train.finetune", config, uri, in)
			stagetest.WantCode(t, err, exit.BadData)
			if err == nil || !strings.Contains(err.Error(), filepath.Base(found[0])) || !strings.Contains(err.Error(), "train from the start") {
				t.Errorf("%s %s: %v", pattern, name, err)
			}
		}
		must(t, os.WriteFile(found[0], whole, 0o600))
	}
	_, err = attempt(t, t.Context(), "train.finetune", config, uri, in)
	must(t, err)
}

func flipped(whole []byte, at int) []byte {
	other := append([]byte{}, whole...)
	other[at] ^= 1
	return other
}
