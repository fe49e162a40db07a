package label_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/label"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// labelled is what the stages make of a tree cut into some number of parts.
type labelled struct {
	Labels map[string]map[int64]task.Label // by stage and hadm_id
	Counts map[string]map[string]int64
	Sets   map[string]label.Counted
}

func labelAll(t *testing.T, mimic *dataset.Dataset, config string) labelled {
	t.Helper()
	d := stagetest.Run(t, "ingest.mimiciv", config, stages.Inputs{"mimic": {mimic}})
	all := labelled{Labels: map[string]map[int64]task.Label{}, Counts: map[string]map[string]int64{}, Sets: map[string]label.Counted{}}
	for stage, name := range map[string]string{"mortality": "", "length_of_stay": "", "ventilation": "", "diagnoses": "diag", "procedures": "proc"} {
		in := stages.Inputs{"patients": {d}}
		if name != "" {
			set := stagetest.Run(t, "label.set", "{min_count: 3, task: "+name+"}", split(t, "{}", in))
			all.Counts["set."+name], all.Sets[name] = set.Manifest.Counts, listed(t, set)
			in = with(in, set)
		}
		out := stagetest.Run(t, "label."+stage, "{}", in)
		all.Counts[stage], all.Labels[stage] = out.Manifest.Counts, map[int64]task.Label{}
		for _, l := range labelsOf(t, out) {
			all.Labels[stage][l.HadmID] = l
		}
	}
	return all
}

// The number of parts changes no label, no label set and no count.
func TestLabelsDoNotDependOnParts(t *testing.T) {
	mimic := stagetest.Run(t, "synth.mimiciv", "{patients: 150, radiology_per_admission: 0, seed: 12}", nil)
	four := labelAll(t, mimic, "{shards: 4}")
	nine := labelAll(t, mimic, "{shards: 9}")
	if diff := cmp.Diff(four, nine); diff != "" {
		t.Error(diff)
	}
	for stage, labels := range four.Labels {
		if len(labels) < 10 {
			t.Errorf("%s: %d labels", stage, len(labels))
		}
	}
}
