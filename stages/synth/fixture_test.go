package synth_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"

	_ "github.com/clinflow/clinflow/stages/label"
)

// ingested makes a synthetic tree and the patients of it.
func ingested(t *testing.T, config string, shards int) (files, patients *dataset.Dataset) {
	t.Helper()
	files = stagetest.Run(t, "synth.mimiciv", config, nil)
	return files, stagetest.Run(t, "ingest.mimiciv", fmt.Sprintf("{shards: %d}", shards), stages.Inputs{"mimic": {files}})
}

// labelled are the labels of a task for patients, and tokens of one text for each.
func labelled(t *testing.T, name string, patients *dataset.Dataset) (labels, tokens *dataset.Dataset) {
	t.Helper()
	in := stages.Inputs{"patients": {patients}, "split": {splitOf(t, patients)}}
	if name == "diag" || name == "proc" {
		in["label_set"] = []*dataset.Dataset{stagetest.Run(t, "label.set", "{min_count: 5, task: "+name+"}", in)}
	}
	stage := map[string]string{"mor": "mortality", "pmv": "ventilation", "los": "length_of_stay", "diag": "diagnoses", "proc": "procedures"}[name]
	labels = stagetest.Run(t, "label."+stage, "{}", in)
	return labels, tokensOf(t, patients.Parts(), stagetest.Rows[task.Label](t, labels, task.TableLabels))
}

func splitOf(t *testing.T, patients *dataset.Dataset) *dataset.Dataset {
	t.Helper()
	return stagetest.Run(t, "split.hash", "{}", stages.Inputs{"patients": {patients}})
}

func labelsOf(t *testing.T, parts int, of task.Task, rows []task.Label) *dataset.Dataset {
	t.Helper()
	return stagetest.Dataset(t, task.KindLabels, parts, map[string]any{task.Attribute: of},
		stagetest.TableOf(task.TableLabels, rows, func(l task.Label) int64 { return l.SubjectID }))
}

// tokensOf are one text an admission that has a label.
func tokensOf(t *testing.T, parts int, labels []task.Label) *dataset.Dataset {
	t.Helper()
	var texts []task.Tokens
	for _, l := range labels {
		texts = append(texts, task.Tokens{TextID: strconv.FormatInt(l.HadmID, 10), SubjectID: l.SubjectID, HadmID: l.HadmID, InputIDs: []int32{1}, NTokens: 1})
	}
	return stagetest.Dataset(t, task.KindTokens, parts, nil,
		stagetest.TableOf(task.TableTokens, texts, func(x task.Tokens) int64 { return x.SubjectID }))
}

// bestInputs are what synth.known_best takes.
func bestInputs(t *testing.T, files, patients, labels, tokens *dataset.Dataset) stages.Inputs {
	t.Helper()
	return stages.Inputs{
		"tokens": {tokens}, "labels": {labels}, "mimic": {files},
		"split": {splitOf(t, patients)},
	}
}

func predictionsOf(t *testing.T, in stages.Inputs) []task.Prediction {
	t.Helper()
	return stagetest.Rows[task.Prediction](t, stagetest.Run(t, "synth.known_best", "{}", in), task.TablePredictions)
}
