package task

import (
	"fmt"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
)

// Kind says how many of its labels an example has.
type Kind string

// The kinds of tasks.
const (
	Binary           Kind = "binary"            // one of two; the second is the positive one
	Multiclass       Kind = "multiclass"        // one of several
	Multilabel       Kind = "multilabel"        // any number
	LanguageModeling Kind = "language_modeling" // none: each next token is predicted
)

// Attribute is the name under which a manifest has the Task of its dataset.
const Attribute = "task"

// VariantAttribute is the name under which the manifest of an adapter has the name of
// the variant of training that it is, such as lora: predictions made with it are that
// variant's.
const VariantAttribute = "variant"

// Task is what examples are labelled for. It stands in the manifest of labels, and
// of the adapters and predictions that were made with them: nobody types it again.
type Task struct {
	Name    string   `json:"name"` // such as mor
	Kind    Kind     `json:"kind"`
	Labels  []string `json:"labels,omitempty"`  // the names of the labels, by number
	Recipe  string   `json:"recipe,omitempty"`  // how texts and labels were made
	Split   string   `json:"split,omitempty"`   // how patients were split, once that is known
	Release string   `json:"release,omitempty"` // of MIMIC
	// SharedPatients are in more than one split, which the configuration allowed.
	SharedPatients int   `json:"shared_patients,omitempty"`
	Texts          Texts `json:"texts,omitzero"` // what its texts must be
}

// NumLabels is the number of outputs of a head for the task.
func (t Task) NumLabels() int { return len(t.Labels) }

// Same says whether labels of both tasks mean the same: their names, kinds and lists of
// labels agree, whatever they were made from.
func (t Task) Same(other Task) bool {
	return t.Name == other.Name && t.Kind == other.Kind && slices.Equal(t.Labels, other.Labels)
}

// Multilabel says whether an example has any number of labels, rather than one.
func (t Task) Multilabel() bool { return t.Kind == Multilabel }

// ProblemType is the task's kind in transformers' words.
func (t Task) ProblemType() string {
	if t.Multilabel() {
		return "multi_label_classification"
	}
	return "single_label_classification"
}

// Of is the task of a dataset; ok is false where its manifest tells none.
func Of(d *dataset.Dataset) (t Task, ok bool, err error) {
	if ok, err = d.Attribute(Attribute, &t); !ok || err != nil {
		return Task{}, false, err
	}
	return t, true, t.check(d.URI())
}

// VariantOf is the variant of training that an adapter is, "" where its manifest tells
// none.
func VariantOf(d *dataset.Dataset) (name string, err error) {
	_, err = d.Attribute(VariantAttribute, &name)
	return name, err
}

func (t Task) check(uri string) error {
	want := map[Kind]int{Binary: 2, Multiclass: 2, Multilabel: 1}[t.Kind]
	switch {
	case t.Kind != LanguageModeling && want == 0:
		return exit.Errorf(exit.BadData, "dataset %s: its task %s is of the unknown kind %q; make the dataset again", uri, t.Name, t.Kind)
	case t.NumLabels() < want || t.Kind == Binary && t.NumLabels() > want:
		return exit.Errorf(exit.BadData, "dataset %s: its task %s is %s and has %d labels; make the dataset again", uri, t.Name, t.Kind, t.NumLabels())
	}
	return nil
}

// String names the task as messages do.
func (t Task) String() string { return fmt.Sprintf("%s (%s)", t.Name, t.Kind) }
