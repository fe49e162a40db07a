package text_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// The number of parts changes no text and no count.
func TestTextsDoNotDependOnParts(t *testing.T) {
	tree := stagetest.Run(t, "synth.mimiciv", "{patients: 150, radiology_per_admission: 0, seed: 12}", nil)
	made := func(config string) (map[string]task.Text, map[string]int64) {
		d := stagetest.Run(t, "ingest.mimiciv", config, stages.Inputs{"mimic": {tree}})
		d = stagetest.Run(t, "text.admission", "{}", stages.Inputs{"patients": {d}})
		texts := map[string]task.Text{}
		for _, row := range textsOf(t, d) {
			texts[row.TextID] = row
		}
		return texts, d.Manifest.Counts
	}
	four, counts := made("{shards: 4}")
	nine, others := made("{shards: 9}")
	if diff := cmp.Diff(four, nine) + cmp.Diff(counts, others); diff != "" || len(four) < 100 {
		t.Errorf("%d texts: %s", len(four), diff)
	}
}
