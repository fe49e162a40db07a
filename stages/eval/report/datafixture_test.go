package report

import (
	"encoding/json"
	"fmt"
	"maps"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages/label"
	"github.com/clinflow/clinflow/task"
)

// labelled is a dataset of labels with nothing but its counts.
func labelled(t testing.TB, step, name string, counts map[string]int64) *dataset.Dataset {
	t.Helper()
	return artifact(t, step, task.KindLabels, map[string]string{"none": ""}, dataset.Manifest{Stage: "label.x", StageVersion: 1, Attributes: attributesOf(t, name, "")}, counts)
}

// listed is a label set.
func listed(t testing.TB, name string, labels int) *dataset.Dataset {
	t.Helper()
	set := label.Counted{MinCount: 10}
	for i := range labels {
		set.Labels, set.Counts = append(set.Labels, fmt.Sprintf("9:%03d", i)), append(set.Counts, 20)
	}
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return artifact(t, name+"_labels", task.KindLabelSet, map[string]string{label.SetFile: string(text)}, dataset.Manifest{Stage: "label.set", StageVersion: 1, Attributes: attributesOf(t, name, "")},
		map[string]int64{"admissions": 2310, "distinct_codes": 704, "pairs": 24155, "codes_ignored": 12, "labels": int64(labels)})
}

// joinedCountsOf are what a join of the tasks' labels with texts counts.
func joinedCountsOf(name string) map[string]int64 {
	counts := map[string]int64{"examples.train": 1750, "examples.val": 250, "examples.test": 500, "labels_without_tokens.train": 14, "labels_without_tokens.test": 2, "texts_without_label": 600}
	maps.Copy(counts, map[string]map[string]int64{
		"pmv": {"positives.train": 402, "positives.val": 51, "positives.test": 117},
		"mor": {"positives.train": 210, "positives.val": 7, "positives.test": 60},
		"los": {
			"class.0.train": 600, "class.1.train": 640, "class.2.train": 400, "class.3.train": 110,
			"class.0.val": 100, "class.1.val": 92, "class.2.val": 52, "class.3.val": 6,
			"class.0.test": 170, "class.1.test": 180, "class.2.test": 110, "class.3.test": 40},
		"diag": {"pairs.train": 15012, "pairs.val": 2140, "pairs.test": 4290},
		"proc": {"pairs.train": 3012, "pairs.val": 440, "pairs.test": 890},
	}[name])
	return counts
}

// table3Data are the datasets of such a run.
func table3Data(t testing.TB) []*dataset.Dataset {
	t.Helper()
	return []*dataset.Dataset{
		artifact(t, "mimic", mimic.KindFiles, map[string]string{"x": ""}, dataset.Manifest{Stage: "synth.mimiciv", StageVersion: 3}, map[string]int64{"patients": 2500, "admissions": 3120}),
		artifact(t, "patients", mimic.KindPatients, map[string]string{"x": ""}, dataset.Manifest{Stage: "ingest.mimiciv", StageVersion: 2}, map[string]int64{"read": 91234, "kept": 90120, "skipped": 1110, "quarantined": 4, "quarantined.bad_quote": 4}),
		labelled(t, "ventilation", "pmv", map[string]int64{"read": 3120, "kept": 1600, "positives": 570, "dropped.no_icu_stay": 1200, "dropped.ventilated_below_minimum": 320}),
		labelled(t, "mortality", "mor", map[string]int64{"read": 2516, "kept": 2516, "positives": 279}),
		labelled(t, "length_of_stay", "los", map[string]int64{"read": 2786, "kept": 2516, "class.0": 880, "class.1": 920, "class.2": 560, "class.3": 156, "dropped.died": 270}),
		labelled(t, "diagnoses", "diag", map[string]int64{"read": 2516, "kept": 2516, "pairs": 21444}),
		labelled(t, "procedures", "proc", map[string]int64{"read": 3116, "kept": 2516, "pairs": 4342, "dropped.no_codes": 600}),
		listed(t, "diag", 312), listed(t, "proc", 97),
		artifact(t, "tokens", task.KindTokens, map[string]string{"x": ""}, dataset.Manifest{Stage: "tokenize.texts", StageVersion: 1}, map[string]int64{"read": 2500, "kept": 2500, "tokens": 265012, "truncated": 310}),
	}
}
