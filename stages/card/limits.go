package card

import (
	"fmt"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/task"
)

// Limits are what a task's examples must keep to. A share of 1 allows all.
type Limits struct {
	MinExamples            int     `json:"min_examples" default:"1" min:"0" unit:"examples" doc:"examples that each split must have"`
	MinClass               int     `json:"min_class" default:"1" min:"0" unit:"examples" doc:"examples that each class of a binary or multiclass task must have in each split: without one there is no AUROC"`
	MaxMissingLabels       float64 `json:"max_missing_labels" default:"1" min:"0" max:"1" doc:"share of a multilabel task's labels that may have no example in a split"`
	MaxWithoutText         float64 `json:"max_without_text" default:"1" min:"0" max:"1" doc:"share of a split's labels that may have no text"`
	MaxEmptySection        float64 `json:"max_empty_section" default:"1" min:"0" max:"1" doc:"share of a split's texts in which a section may be empty"`
	MaxEqualWithin         float64 `json:"max_equal_within" default:"1" min:"0" max:"1" doc:"share of a split's texts that may equal another of it"`
	MaxEqualAcross         float64 `json:"max_equal_across" default:"1" min:"0" max:"1" doc:"share of a split's texts that may equal one of another split"`
	MaxPatientsInTwoSplits int     `json:"max_patients_in_two_splits" default:"0" min:"0" unit:"patients" doc:"patients who may have examples in more than one split"`
	MaxAfterIndex          float64 `json:"max_after_index" default:"0" min:"0" max:"1" doc:"share of a split's texts that may be of later than the index time of their label"`
}

// needDuplicates are the keys of the limits that equal texts are held against.
func (l Limits) needDuplicates() (keys []string) {
	if l.MaxEqualWithin < 1 {
		keys = append(keys, "max_equal_within")
	}
	if l.MaxEqualAcross < 1 {
		keys = append(keys, "max_equal_across")
	}
	return keys
}

// Check is a limit beside what was found of a split: of the class that has the fewest
// examples, of the section that is empty most often.
type Check struct {
	Limit  string          `json:"limit"`
	Split  string          `json:"split,omitempty"` // "": of all
	Of     string          `json:"of,omitempty"`    // the class or section
	Found  smallcell.Count `json:"found"`
	Among  smallcell.Count `json:"among,omitempty"` // what Found is a share of; 0: Limit is a count
	At     float64         `json:"at"`              // the limit
	Failed bool            `json:"failed"`
}

// String says what was found, and what is allowed.
func (c Check) String() string {
	where := strings.Trim(c.Split+", "+c.Of, ", ")
	if where != "" {
		where = " of " + where
	}
	found := c.Found.String()
	if c.Among != 0 {
		found += " of " + c.Among.String()
	}
	if strings.HasPrefix(c.Limit, "min_") {
		return fmt.Sprintf("%s%s: %s, at least %g is asked for", c.Limit, where, found, c.At)
	}
	return fmt.Sprintf("%s%s: %s, %g is allowed", c.Limit, where, found, c.At)
}

// refusal is the error of the limits that are passed, nil where none is.
func refusal(of task.Task, checks []Check) error {
	var failed []string
	for _, c := range checks {
		if c.Failed {
			failed = append(failed, c.String())
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return exit.Errorf(exit.BadData, "%s is not fit to be trained on: %s; mend the data, or set these limits of label.card otherwise; with enforce: false it leaves its page all the same", of, strings.Join(failed, "; "))
}
