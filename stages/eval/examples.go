package eval

import (
	"encoding/json"
	"fmt"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/task"
)

// examples are the predictions of a key where they lie: in parts of one dataset.
type examples struct {
	key        groupKey
	split      string
	dataset    *dataset.Dataset
	parts      []tally // those that hold some
	fitOn      []tally // those that hold some to fit on
	n, classes int
	multiLabel bool
	places     []int32 // [n]: where an example stands among the columns'; nil: as it lies
}

// examplesOf puts the tallies of a key together. Examples of two datasets, or with
// different numbers of logits, are an error.
func (s selection) examplesOf(key groupKey, in stages.Inputs, accumulators [][]byte) (e examples, err error) {
	e = examples{key: key, split: s.split}
	for _, text := range accumulators {
		var t tally
		if err := json.Unmarshal(text, &t); err != nil {
			return e, fmt.Errorf("read where predictions lie: %w", err)
		}
		from := in[key.port][t.Dataset]
		if t.Val > 0 {
			e.fitOn = append(e.fitOn, t)
		}
		switch {
		case t.N == 0:
			continue
		case len(e.parts) == 0:
			e.dataset, e.classes = from, t.Classes
		case t.Dataset != e.parts[0].Dataset:
			return e, exit.Errorf(exit.Usage, "variant %s of task %s comes from two datasets, %s and %s; give each its own variant name", key.variant, key.task, e.dataset.URI(), from.URI())
		case t.Classes != e.classes:
			return e, exit.Errorf(exit.BadData, "%s: parts differ in their examples' number of logits; predict them with one model", from.URI())
		}
		e.parts = append(e.parts, t)
		e.n += t.N
	}
	if e.n == 0 {
		return e, nil
	}
	of, err := taskOf(e.dataset)
	e.multiLabel = of.Multilabel()
	return e, err
}

// val are the examples of the same dataset that are fitted on.
func (e examples) val() examples {
	v := e
	v.split, v.n, v.parts = split.Val, 0, nil
	for _, t := range e.fitOn {
		if t.Dataset == e.parts[0].Dataset && t.Classes == e.classes {
			t.N = t.Val
			v.parts, v.n = append(v.parts, t), v.n+t.N
		}
	}
	return v
}

// String names a key's predictions in messages.
func (e examples) String() string {
	switch e.key.port {
	case portBaseline:
		return "the baseline (" + e.dataset.URI() + ")"
	case portOther:
		return "variant " + e.key.variant + " of the other run (" + e.dataset.URI() + ")"
	}
	return "variant " + e.key.variant + " (" + e.dataset.URI() + ")"
}

// hold says whether a row is one of the examples.
func (e examples) hold(row task.Prediction) bool {
	return row.Split == e.split && (oneVariant(e.key.port) || row.Variant == e.key.variant)
}
