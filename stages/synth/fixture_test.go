package synth_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/vocabulary"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// ingested makes a synthetic tree and the patients of it.
func ingested(t *testing.T, config string, shards int) (files, patients *dataset.Dataset) {
	t.Helper()
	files = stagetest.Run(t, "synth.mimiciv", config, nil)
	return files, stagetest.Run(t, "ingest.mimiciv", fmt.Sprintf("{shards: %d}", shards), stages.Inputs{"mimic": {files}})
}

// rows are all rows of a table.
func rows[T any](t *testing.T, d *dataset.Dataset, table string) []T {
	t.Helper()
	var all []T
	for part := range d.Parts() {
		for row, err := range dataset.Read[T](t.Context(), d, table, part) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, row)
		}
	}
	return all
}

// listed is a vocabulary for diagnoses with the defaults of the stages.
func listed(labels ...string) vocabulary.Vocabulary {
	return vocabulary.Vocabulary{Task: "diag", Recipe: "clinical", Split: "hash", SplitSeed: 1, MinCount: 1, Labels: labels, Counts: make([]int64, len(labels))}
}

// bound writes a vocabulary as label.vocab does.
func bound(t *testing.T, v vocabulary.Vocabulary) *dataset.Dataset {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return artifact(t, task.KindVocabulary, vocabulary.FileName, string(text))
}

func labelsIn(t *testing.T, d *dataset.Dataset) []string {
	t.Helper()
	v, err := vocabulary.Read(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return v.Labels
}

// artifact is a dataset that holds one file.
func artifact(t *testing.T, kind, name, text string) *dataset.Dataset {
	t.Helper()
	w, err := dataset.NewWriter(t.Context(), t.TempDir()+"/artifact", kind, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.WriteFile(name, []byte(text)); err != nil {
		t.Fatal(err)
	}
	return committed(t, w)
}

func committed(t *testing.T, w *dataset.Writer) *dataset.Dataset {
	t.Helper()
	if err := w.Commit(t.Context(), dataset.Manifest{}, nil); err != nil {
		t.Fatal(err)
	}
	d, err := dataset.Open(t.Context(), w.URI())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// wantRefusal fails the test unless the stage ends with the code, in a sentence
// that has all the words.
func wantRefusal(t *testing.T, code exit.Code, stage, config string, in stages.Inputs, words ...string) {
	t.Helper()
	_, err := stagetest.Try(t, stage, config, in)
	stagetest.WantCode(t, err, code)
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %q does not say %q", stage, err, word)
		}
	}
}
