package before_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/vocabulary"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// labelled is what the stages make of a tree cut into some number of parts.
type labelled struct {
	Examples map[string]map[string]task.Example
	Counts   map[string]map[string]int64
	Lists    map[string]vocabulary.Vocabulary
}

func labelAll(t *testing.T, mimic *dataset.Dataset, config string) labelled {
	t.Helper()
	d := stagetest.Run(t, "ingest.mimiciv", config, stages.Inputs{"mimic": {mimic}})
	all := labelled{Examples: map[string]map[string]task.Example{}, Counts: map[string]map[string]int64{}, Lists: map[string]vocabulary.Vocabulary{}}
	for stage, name := range map[string]string{"mortality": "", "length_of_stay": "", "ventilation": "", "diagnoses": "diag", "procedures": "proc"} {
		in := stages.Inputs{"patients": {d}}
		if name != "" {
			vocab := stagetest.Run(t, "label.vocab", "{min_count: 3, task: "+name+"}", in)
			all.Counts["vocab."+name], all.Lists[name] = vocab.Manifest.Counts, read(t, vocab)
			in["vocabulary"] = []*dataset.Dataset{vocab}
		}
		out := stagetest.Run(t, "label."+stage, "{}", in)
		all.Counts[stage], all.Examples[stage] = out.Manifest.Counts, map[string]task.Example{}
		for _, e := range rows[task.Example](t, out, task.TableExamples) {
			all.Examples[stage][e.ExampleID] = e
		}
	}
	return all
}

// Splits belong to patients, also over tasks, and the number of parts changes no
// example, no vocabulary and no count.
func TestExamplesDoNotDependOnParts(t *testing.T) {
	mimic := stagetest.Run(t, "synth.mimiciv", "{patients: 150, radiology_per_admission: 0, seed: 12}", nil)
	four := labelAll(t, mimic, "{shards: 4}")
	nine := labelAll(t, mimic, "{shards: 9}")
	if diff := cmp.Diff(four, nine); diff != "" {
		t.Error(diff)
	}
	splits := map[int64]string{}
	for stage, examples := range four.Examples {
		if len(examples) < 10 {
			t.Errorf("%s: %d examples", stage, len(examples))
		}
		for _, e := range examples {
			if was, seen := splits[e.SubjectID]; seen && was != e.Split {
				t.Errorf("subject_id %d is in %s and %s", e.SubjectID, was, e.Split)
			}
			splits[e.SubjectID] = e.Split
		}
	}
}
