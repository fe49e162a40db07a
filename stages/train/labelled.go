package train

import (
	"context"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/vocabulary"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/task"
)

// Labelled are the settings of every stage that learns from labels.
type Labelled struct {
	ProblemType   string `json:"problem_type" default:"single_label_classification" enum:"single_label_classification,multi_label_classification" doc:"One class a document (softmax), or a set of labels (sigmoid)."`
	NumLabels     int    `json:"num_labels" default:"0" min:"0" doc:"Classes, or labels, of the task. 0: as many as the vocabulary lists; without one 2 classes, and a multi-label task is refused."`
	ClassWeights  string `json:"class_weights" default:"balanced" enum:"balanced,none" doc:"balanced: a class weighs n/(classes × its count in train). Single-label tasks only."`
	ShuffleLabels bool   `json:"shuffle_labels" default:"false" doc:"Permute the labels of what is learned or selected from by seed: a check for leaks, the AUROC on test must be 0.5."`
}

// The kinds of labelled tasks, in transformers' words.
const (
	singleLabel = "single_label_classification" // one class a document: softmax
	multiLabel  = "multi_label_classification"  // a set of labels a document: sigmoid
)

// vocabularyPort binds the list of a multi-label task's labels.
var vocabularyPort = stages.Port{
	Name: "vocabulary", Kind: task.KindVocabulary, Optional: true,
	Doc: "The labels that the tokens' labels are numbered by: their number is num_labels. A multi-label task needs it, or num_labels.",
}

var errNoVocabulary = exit.Errorf(exit.BadData, "the label vocabulary of a multi-label task is missing: without it nobody knows how many labels there are; bind the output of label.vocab to the port vocabulary")

// defaultClasses is num_labels where neither it nor a vocabulary is given.
const defaultClasses = 2

// counted returns the settings with the number of labels settled.
func (l Labelled) counted(ctx context.Context, in stages.Inputs) (Labelled, error) {
	given := l.NumLabels
	switch d := in.One("vocabulary"); {
	case d != nil:
		v, err := vocabulary.Read(ctx, d)
		if err != nil {
			return l, err
		}
		l.NumLabels = len(v.Labels)
		if given != 0 && given != l.NumLabels {
			return l, exit.Errorf(exit.Usage, "num_labels: is %d, the vocabulary %s has %d labels; leave num_labels out", given, d.URI(), l.NumLabels)
		}
	case given != 0:
	case l.ProblemType == multiLabel:
		return l, errNoVocabulary
	default:
		l.NumLabels = defaultClasses
	}
	if l.ProblemType == singleLabel && l.NumLabels < 2 {
		return l, exit.Errorf(exit.Usage, "num_labels: is %d; documents of one class each have at least 2 classes", l.NumLabels)
	}
	return l, nil
}

// faults compares the head with what the tokens' examples are labelled for, as far as
// the steps before say.
func (l Labelled) faults(in stages.Givers) []stages.Fault {
	of, list := in.Task("tokens"), in.Task(vocabularyPort.Name)
	bound := in.One(vocabularyPort.Name) != nil
	switch {
	case l.ProblemType == multiLabel && !bound && l.NumLabels == 0:
		return stages.FaultOf("in."+vocabularyPort.Name, errNoVocabulary)
	case of.Name == "":
		return nil
	case of.MultiLabel != (l.ProblemType == multiLabel):
		return stages.Faultf("problem_type", "is %s, but the labels of %s are of %s", l.ProblemType, of.Name, map[bool]string{true: multiLabel, false: singleLabel}[of.MultiLabel])
	case list.Name != "" && list.Name != of.Name:
		return stages.Faultf("in."+vocabularyPort.Name, "lists the labels of %s, the tokens are of %s", list.Name, of.Name)
	case of.Classes > 0 && !bound && l.NumLabels == 0 && of.Classes != defaultClasses:
		return stages.Faultf("num_labels", "is missing; %s has %d classes", of.Name, of.Classes)
	case of.Classes > 0 && !bound && l.NumLabels != 0 && of.Classes != l.NumLabels:
		return stages.Faultf("num_labels", "is %d, but %s has %d classes", l.NumLabels, of.Name, of.Classes)
	}
	return nil
}

// weights are the classes' weights, nil where all weigh the same.
func (l Labelled) weights(rows examples.Rows) []float64 {
	if l.ProblemType != singleLabel || l.ClassWeights != "balanced" {
		return nil
	}
	return rows.ClassWeights(l.NumLabels)
}
