package predictions

import (
	"encoding/json"
	"fmt"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/split"
)

// Examples are the predictions of a key where they lie: in parts of one dataset.
type Examples struct {
	Key        Key
	split      string
	Dataset    *dataset.Dataset
	Parts      []Tally // those that hold some
	fitOn      []Tally // those that hold some to fit on
	N, Classes int
	MultiLabel bool
	Places     []int32 // [n]: where an example stands among the columns'; nil: as it lies
}

// ExamplesOf puts the tallies of a key together. Examples of two datasets, or with
// different numbers of logits, are an error.
func (s Selection) ExamplesOf(key Key, in stages.Inputs, accumulators [][]byte) (e Examples, err error) {
	e = Examples{Key: key, split: s.Split}
	for _, text := range accumulators {
		var t Tally
		if err := json.Unmarshal(text, &t); err != nil {
			return e, fmt.Errorf("read where predictions lie: %w", err)
		}
		from := in[key.Port][t.Dataset]
		if t.Val > 0 {
			e.fitOn = append(e.fitOn, t)
		}
		switch {
		case t.N == 0:
			continue
		case len(e.Parts) == 0:
			e.Dataset, e.Classes = from, t.Classes
		case t.Dataset != e.Parts[0].Dataset:
			return e, exit.Errorf(exit.Usage, "variant %s of task %s comes from two datasets, %s and %s; give each its own variant name", key.Variant, key.Task, e.Dataset.URI(), from.URI())
		case t.Classes != e.Classes:
			return e, exit.Errorf(exit.BadData, "%s: parts differ in their examples' number of logits; predict them with one model", from.URI())
		}
		e.Parts = append(e.Parts, t)
		e.N += t.N
	}
	if e.N == 0 {
		return e, nil
	}
	of, err := taskOf(e.Dataset)
	e.MultiLabel = of.Multilabel()
	return e, err
}

// Val are the examples of the same dataset that are fitted on.
func (e Examples) Val() Examples {
	v := e
	v.split, v.N, v.Parts = split.Val, 0, nil
	for _, t := range e.fitOn {
		if t.Dataset == e.Parts[0].Dataset && t.Classes == e.Classes {
			t.N = t.Val
			v.Parts, v.N = append(v.Parts, t), v.N+t.N
		}
	}
	return v
}

// String names a key's predictions in messages.
func (e Examples) String() string {
	switch e.Key.Port {
	case PortBaseline:
		return "the baseline (" + e.Dataset.URI() + ")"
	case PortCandidate, PortCurrent:
		return "the " + e.Key.Port + " adapter (" + e.Dataset.URI() + ")"
	case PortOther:
		return "variant " + e.Key.Variant + " of the other run (" + e.Dataset.URI() + ")"
	}
	return "variant " + e.Key.Variant + " (" + e.Dataset.URI() + ")"
}

// holds says whether a row of a split and variant is one of the examples.
func (e Examples) holds(split, variant string) bool {
	return split == e.split && (oneVariant(e.Key.Port) || variant == e.Key.Variant)
}

func (e Examples) changed(t Tally) error {
	return exit.Errorf(exit.BadData, "%s: part %d changed while it was measured; run the step again", e.Dataset.URI(), t.Part)
}
