package eval

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/task"
)

var errClasses = exit.Errorf(exit.BadData, "parts of one task differ in their number of classes; predict them with one model")

// examples are the predictions of a key where they lie: in parts of one dataset.
type examples struct {
	key        groupKey
	split      string
	dataset    *dataset.Dataset
	parts      []tally // those that hold some
	n, classes int
	multiLabel bool
}

// examplesOf puts the tallies of a key together. Examples of two datasets, or of
// different numbers of classes, are an error.
func (s aurocStage) examplesOf(key groupKey, in stages.Inputs, accumulators [][]byte) (examples, error) {
	e := examples{key: key, split: s.config.Split, multiLabel: slices.Contains(s.config.MultiLabel, key.task)}
	for _, text := range accumulators {
		var t tally
		if err := json.Unmarshal(text, &t); err != nil {
			return e, fmt.Errorf("read an accumulator of eval.auroc: %w", err)
		}
		if len(e.parts) == 0 {
			e.dataset, e.classes = in[key.port][t.Dataset], t.Classes
		} else if t.Dataset != e.parts[0].Dataset {
			return e, exit.Errorf(exit.Usage, "variant %s of task %s comes from two datasets, %s and %s; give each its own variant name", key.variant, key.task, e.dataset.URI(), in[key.port][t.Dataset].URI())
		}
		if t.Classes != e.classes {
			return e, errClasses
		}
		e.parts = append(e.parts, t)
		e.n += t.N
	}
	return e, nil
}

// hold says whether a row is one of the examples.
func (e examples) hold(row task.Prediction) bool {
	return row.Split == e.split && row.Task == e.key.task && (e.key.port != portVariants || row.Variant == e.key.variant)
}
