package train

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/vocabulary"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// labelList is a vocabulary dataset; without labels its file is what the text says.
func labelList(t *testing.T, text string, labels ...string) *dataset.Dataset {
	t.Helper()
	uri := filepath.Join(t.TempDir(), "labels")
	w, err := dataset.NewWriter(t.Context(), uri, task.KindVocabulary, 0)
	must(t, err)
	switch {
	case len(labels) > 0:
		must(t, vocabulary.Vocabulary{Task: "diag", Labels: labels, Counts: make([]int64, len(labels))}.Write(w))
	case text != "":
		must(t, w.WriteFile(vocabulary.FileName, []byte(text)))
	}
	must(t, w.Commit(t.Context(), dataset.Manifest{Stage: "test"}, nil))
	d, err := dataset.Open(t.Context(), uri)
	must(t, err)
	return d
}

func TestNumberOfLabels(t *testing.T) {
	tokens := corpus(t, 60, 1) // labels 0 and 1
	base := baseModel(t, tokens, `epochs: 1`)
	const multi = `problem_type: multi_label_classification, `
	three := labelList(t, "", "9:401", "9:428", "9:584")
	for _, c := range []struct {
		name, config string
		vocabulary   *dataset.Dataset
		labels       int // of the head; 0: refused
		code         exit.Code
		want         string
	}{
		{"single-label by default", ``, nil, 2, exit.OK, ""},
		{"single-label, given", `num_labels: 4, `, nil, 4, exit.OK, ""},
		{"single-label by a vocabulary", ``, three, 3, exit.OK, ""},
		{"multi-label by a vocabulary", multi, three, 3, exit.OK, ""},
		{"multi-label, given", multi + `num_labels: 5, `, nil, 5, exit.OK, ""},
		{"both, and equal", multi + `num_labels: 3, `, three, 3, exit.OK, ""},
		{"both, and unequal", multi + `num_labels: 4, `, three, 0, exit.Usage, "num_labels: is 4"},
		{"multi-label without either", multi, nil, 0, exit.BadData, "label vocabulary of a multi-label task is missing"},
		{"no labels.json", multi, labelList(t, ""), 0, exit.BadData, "has no labels.json"},
		{"an empty labels.json", multi, labelList(t, "{}"), 0, exit.BadData, "holds no label"},
		{"one class", `num_labels: 1, `, nil, 0, exit.Usage, "at least 2 classes"},
		{"labels outside the vocabulary", multi, labelList(t, "", "9:401"), 0, exit.BadData, "outside 0…0"},
	} {
		in := stages.Inputs{"tokens": {tokens}, "base": {base}}
		if c.vocabulary != nil {
			in["vocabulary"] = []*dataset.Dataset{c.vocabulary}
		}
		d, err := stagetest.Try(t, "train.finetune", `{`+c.config+`epochs: 1, peft: {type: none}}`, in)
		if c.labels == 0 {
			if exit.Of(err) != c.code || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: exit %d, %v; want %d and %q", c.name, exit.Of(err), err, c.code, c.want)
			}
			continue
		}
		must(t, err)
		for _, row := range predictions(t, tokens, base, d, `{task: t, variant: v, splits: [test]}`) {
			if len(row.Logits) != c.labels {
				t.Fatalf("%s: %d logits, want %d", c.name, len(row.Logits), c.labels)
			}
		}
	}
}
