package train

import (
	"encoding/json"
	"io"
	"math"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
)

// TestMaxValChoosesTheSameDocuments: whatever parts they lie in, and its loss is the
// last line of the log.
func TestMaxValChoosesTheSameDocuments(t *testing.T) {
	var want []byte
	for _, parts := range []int{1, 3} {
		tokens := corpus(t, 120, parts)
		in := tokens.with(stages.Inputs{"base": {baseModel(t, tokens, quickBase)}})
		all := stagetest.Run(t, "train.pretrain", `{peft: {r: 2}, max_val: 0}`, in)
		few := stagetest.Run(t, "train.pretrain", `{peft: {r: 2}, max_val: 5}`, in)
		if all.Manifest.Counts["val_examples"] <= 5 || few.Manifest.Counts["val_examples"] != 5 {
			t.Fatalf("val of %d documents, %d of them measured", all.Manifest.Counts["val_examples"], few.Manifest.Counts["val_examples"])
		}
		got := metrics(t, few)
		if want == nil {
			want = got
		}
		if string(got) != string(want) {
			t.Errorf("%d parts: %s, with one %s", parts, got, want)
		}
		var m struct {
			Perplexity struct{ Before, After float64 } `json:"val_perplexity"`
		}
		must(t, json.Unmarshal(got, &m))
		lines := readLog(t, few)
		if after := math.Exp(lines[len(lines)-1].Loss); math.Abs(after-m.Perplexity.After) > 1e-9*after {
			t.Errorf("perplexity after %g, by the log %g", m.Perplexity.After, after)
		}
	}
}

func metrics(t *testing.T, d *dataset.Dataset) []byte {
	t.Helper()
	f, err := d.OpenFile(t.Context(), "metrics.json")
	must(t, err)
	defer f.Close()
	text, err := io.ReadAll(f)
	must(t, err)
	return text
}
