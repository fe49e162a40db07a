package ui

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval"
)

// measuredBy writes the journal of a run that measured, and returns the folder of its output.
func measuredBy(t *testing.T, out string) (output string) {
	t.Helper()
	const fingerprint = "0123456789abcdef"
	journal := `{"time":"2026-01-02T03:04:05Z","event":"run started","dag":"measured","steps":[{"step":"auroc","stage":"eval.auroc"}]}
{"time":"2026-01-02T03:04:07Z","event":"step done","step":"auroc","stage":"eval.auroc","fingerprint":"` + fingerprint + `","seconds":2}
{"time":"2026-01-02T03:04:08Z","event":"run ended","outcome":"done","seconds":3}
`
	if err := os.WriteFile(filepath.Join(out, "runs", "20260103-030405.000-abcd.jsonl"), []byte(journal), 0o600); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(out, dags.OutputName("auroc", fingerprint))
}

func measure(t *testing.T, output string) {
	t.Helper()
	w, err := dataset.NewWriter(t.Context(), output, stages.KindMetrics, 0)
	if err == nil {
		auroc := 0.75
		scores := &eval.Scores{Tasks: map[string]eval.TaskScore{"mp": {AUROC: &auroc}}}
		err = eval.WriteJSON(w, eval.MetricsName, eval.Metrics{Variants: map[string]*eval.Scores{"lora": scores}})
	}
	if err == nil {
		err = w.Commit(t.Context(), dataset.Manifest{Kind: stages.KindMetrics}, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestAMeasurementThatIsMadeAgain is not there while it is made, and is shown when it is.
func TestAMeasurementThatIsMadeAgain(t *testing.T) {
	out := folderWith(t, "page")
	output := measuredBy(t, out)
	h := serve(t, Options{Out: []string{out}, Metrics: true})
	told := func(want bool) {
		t.Helper()
		for path, text := range map[string]string{"/metrics": `clinflow_auroc{dag="measured",folder="1",step="auroc",task="mp",variant="lora"} 0.75`, "/dags/1/measured": "What was measured"} {
			if w := ask(h, "GET", path); w.Code != http.StatusOK || strings.Contains(w.Body.String(), text) != want {
				t.Errorf("%s: want %v %q: %d, %s", path, want, text, w.Code, w.Body)
			}
		}
	}
	told(false)
	measure(t, output)
	told(true)
}

// A variant may be called what the baseline is called elsewhere: both are shown.
func TestAVariantCalledBaselineIsShown(t *testing.T) {
	variant, bag := &eval.Scores{}, &eval.Scores{}
	shown := measurement{Metrics: &eval.Metrics{Variants: map[string]*eval.Scores{"baseline": variant}, Baseline: bag}}.scored()
	if len(shown) != 2 || shown["baseline"] != variant || shown["bag of words"] != bag {
		t.Errorf("shown are %v", shown)
	}
}
