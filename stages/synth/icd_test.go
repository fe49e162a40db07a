package synth_test

import (
	"math"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// Where codes are translated, labels come as often as their chances say too.
func TestKnownBestOfTranslatedCodes(t *testing.T) {
	files, patients := ingested(t, "{patients: 600, radiology_per_admission: 0, seed: 21}", 2)
	in := stages.Inputs{"patients": {patients}, "split": {splitOf(t, patients)}}
	in["label_set"] = []*dataset.Dataset{stagetest.Run(t, "label.set", "{task: diag, icd: icd9_all, min_count: 5}", in)}
	labels := stagetest.Run(t, "label.diagnoses", "icd: icd9_all", in)
	of, _, err := task.Of(labels)
	if err != nil {
		t.Fatal(err)
	}
	for _, label := range of.Labels {
		if !strings.HasPrefix(label, "9:") {
			t.Errorf("the label %s", label)
		}
	}
	tokens := tokensOf(t, patients.Parts(), stagetest.Rows[task.Label](t, labels, task.TableLabels))
	expected, pairs := 0.0, 0.0
	for _, p := range predictionsOf(t, bestInputs(t, files, patients, labels, tokens)) {
		pairs += float64(len(p.Labels))
		for _, logit := range p.Logits {
			expected += 1 / (1 + math.Exp(-float64(logit)))
		}
	}
	if len(of.Labels) < 20 || math.Abs(pairs/expected-1) > 0.1 {
		t.Errorf("%v pairs where about %v are expected of %d labels", pairs, expected, len(of.Labels))
	}
}
