// Package vocabulary is the list of labels of a multi-label task, as a dataset:
// label.vocab writes it, the labelling stages number their labels by it, and the
// training stages size their heads by it.
package vocabulary

import (
	"context"
	"encoding/json"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
)

// FileName is the file of a vocabulary dataset.
const FileName = "labels.json"

// Vocabulary is labels.json. Label i of an example is Labels[i].
type Vocabulary struct {
	Task      string   `json:"task"`       // diag or proc
	Recipe    string   `json:"recipe"`     // how codes become labels
	Split     string   `json:"split"`      // how patients are split
	SplitSeed int64    `json:"split_seed"` // of that split
	MinCount  int      `json:"min_count"`  // train admissions a label must have
	Labels    []string `json:"labels"`     // ordered as text, each once
	Counts    []int64  `json:"counts"`     // train admissions of each label
}

// Read reads and checks the vocabulary of a dataset. One that is missing, empty
// or malformed is bad data: a multi-label task has no meaning without its list.
func Read(ctx context.Context, d *dataset.Dataset) (Vocabulary, error) {
	var v Vocabulary
	if !d.HasFile(FileName) {
		return v, exit.Errorf(exit.BadData, "label vocabulary: %s has no %s; make it again with label.vocab", d.URI(), FileName)
	}
	file, err := d.OpenFile(ctx, FileName)
	if err != nil {
		return v, exit.Errorf(exit.BadData, "label vocabulary: %v; make it again with label.vocab", err)
	}
	defer file.Close()
	if err := json.NewDecoder(file).Decode(&v); err != nil {
		return v, exit.Errorf(exit.BadData, "label vocabulary: %s: %s is malformed; make it again with label.vocab", d.URI(), FileName)
	}
	return v, v.check(d.URI())
}

func (v Vocabulary) check(uri string) error {
	if len(v.Labels) == 0 {
		return exit.Errorf(exit.BadData, "label vocabulary: %s holds no label; lower min_count of label.vocab, or give it more patients", uri)
	}
	if len(v.Counts) != len(v.Labels) {
		return exit.Errorf(exit.BadData, "label vocabulary: %s has %d labels and %d counts; make it again with label.vocab", uri, len(v.Labels), len(v.Counts))
	}
	return nil
}

// Write writes labels.json, checked.
func (v Vocabulary) Write(out *dataset.Writer) error {
	if err := v.check(FileName); err != nil {
		return err
	}
	return out.WriteJSON(FileName, v)
}

// Index numbers the labels.
func (v Vocabulary) Index() map[string]int32 {
	index := make(map[string]int32, len(v.Labels))
	for i, label := range v.Labels {
		index[label] = int32(i)
	}
	return index
}
