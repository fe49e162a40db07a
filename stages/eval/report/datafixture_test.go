package report

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/vocabulary"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/task"
)

// labelled is a dataset of examples with nothing but its counts.
func labelled(t testing.TB, step string, counts map[string]int64) *dataset.Dataset {
	t.Helper()
	return artifact(t, step, task.KindExamples, map[string]string{"none": ""}, dataset.Manifest{Stage: "label.x", StageVersion: 1}, counts)
}

// listed is a vocabulary.
func listed(t testing.TB, name string, labels int) *dataset.Dataset {
	t.Helper()
	v := vocabulary.Vocabulary{Task: name, Recipe: "clinical", Split: "hash", MinCount: 10}
	for i := range labels {
		v.Labels, v.Counts = append(v.Labels, fmt.Sprintf("9:%03d", i)), append(v.Counts, 20)
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return artifact(t, name+"_labels", task.KindVocabulary, map[string]string{vocabulary.FileName: string(text)}, dataset.Manifest{Stage: "label.vocab", StageVersion: 1},
		map[string]int64{"admissions": 2310, "distinct_codes": 704, "pairs": 24155, "codes_ignored": 12, "labels": int64(labels)})
}

// table3Data are the datasets of such a run.
func table3Data(t testing.TB) []*dataset.Dataset {
	t.Helper()
	kept := func(counts map[string]int64) map[string]int64 {
		for name, n := range map[string]int64{"read": 3120, "kept": 2500, "kept.train": 1750, "kept.val": 250, "kept.test": 500, "dropped.no_discharge_summary": 20} {
			counts[name] = n
		}
		return counts
	}
	return []*dataset.Dataset{
		artifact(t, "mimic", mimic.KindFiles, map[string]string{"x": ""}, dataset.Manifest{Stage: "synth.mimiciv", StageVersion: 3}, map[string]int64{"patients": 2500, "admissions": 3120}),
		artifact(t, "patients", mimic.KindPatients, map[string]string{"x": ""}, dataset.Manifest{Stage: "ingest.mimiciv", StageVersion: 2}, map[string]int64{"read": 91234, "kept": 90120, "skipped": 1110, "quarantined": 4, "quarantined.bad_quote": 4}),
		labelled(t, "ventilation", kept(map[string]int64{"positives.train": 402, "positives.val": 51, "positives.test": 117, "dropped.no_icu_stay": 1200, "dropped.ventilated_below_minimum": 320})),
		labelled(t, "mortality", kept(map[string]int64{"positives.train": 210, "positives.val": 7, "positives.test": 60})),
		labelled(t, "length_of_stay", kept(map[string]int64{
			"class.0.train": 600, "class.1.train": 640, "class.2.train": 400, "class.3.train": 110,
			"class.0.val": 100, "class.1.val": 92, "class.2.val": 52, "class.3.val": 6,
			"class.0.test": 170, "class.1.test": 180, "class.2.test": 110, "class.3.test": 40, "dropped.died": 270})),
		labelled(t, "diagnoses", kept(map[string]int64{"pairs.train": 15012, "pairs.val": 2140, "pairs.test": 4290})),
		labelled(t, "procedures", kept(map[string]int64{"pairs.train": 3012, "pairs.val": 440, "pairs.test": 890, "dropped.no_codes": 600})),
		listed(t, "diag", 312), listed(t, "proc", 97),
		artifact(t, "mortality_tokens", task.KindTokens, map[string]string{"x": ""}, dataset.Manifest{Stage: "tokenize.examples", StageVersion: 1}, map[string]int64{"read": 2500, "kept": 2500, "kept.train": 1750, "kept.val": 250, "kept.test": 500, "tokens": 265012, "truncated": 310}),
	}
}
