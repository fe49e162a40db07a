package card

import (
	"fmt"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/text/sections"
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

// judging are the limits being looked at, of a split.
type judging struct {
	split  string
	told   teller
	checks []Check
}

func (j *judging) atLeast(limit, of string, n int64, at int) {
	j.checks = append(j.checks, Check{Limit: limit, Split: j.split, Of: of, Found: j.told.count(n), At: float64(at), Failed: n < int64(at)})
}

func (j *judging) atMost(limit, of string, n, among int64, at float64) {
	j.checks = append(j.checks, Check{
		Limit: limit, Split: j.split, Of: of, Found: j.told.part(n, among), Among: j.told.count(among), At: at,
		Failed: float64(n) > at*float64(among),
	})
}

// judge compares what was counted of a task's examples with the limits. join is what is
// told of what met in the join; show tells all.
func (l Limits) judge(of task.Task, sum *tally, join map[string]smallcell.Count, show bool) []Check {
	j := &judging{}
	for _, name := range split.Names {
		s, n := sum.Splits[name], sum.Join["examples."+name]
		j.split, j.told = name, teller{show: show}.within(join["examples."+name])
		j.atLeast("min_examples", "", n, l.MinExamples)
		l.labels(j, of, s)
		j.withoutText(sum.Join, join, l.MaxWithoutText)
		if s.Sectioned > 0 {
			section, empty := s.emptiest()
			j.atMost("max_empty_section", section, empty, s.Sectioned, l.MaxEmptySection)
		}
		if sum.Groups != nil {
			e := sum.equalIn(name)
			j.atMost("max_equal_within", "", e.Within, n, l.MaxEqualWithin)
			j.atMost("max_equal_across", "", e.Across, n, l.MaxEqualAcross)
		}
		j.atMost("max_after_index", "", s.Late, s.Dated, l.MaxAfterIndex)
	}
	j.checks = append(j.checks, Check{
		Limit: "max_patients_in_two_splits", Found: teller{show: show}.count(sum.Crossing), At: float64(l.MaxPatientsInTwoSplits),
		Failed: sum.Crossing > int64(l.MaxPatientsInTwoSplits),
	})
	return j.checks
}

// withoutText looks at the labels that have no text. Of these and of the examples neither
// follows from their sum.
func (j *judging) withoutText(n map[string]int64, told map[string]smallcell.Count, at float64) {
	without, examples := "labels_without_tokens."+j.split, "examples."+j.split
	among := j.told.within(told[without]).count(n[without] + n[examples])
	j.checks = append(j.checks, Check{
		Limit: "max_without_text", Split: j.split, Found: told[without], Among: among, At: at,
		Failed: float64(n[without]) > at*float64(n[without]+n[examples]),
	})
}

// emptiest is the section that is empty most often, "" where none is.
func (s *bySplit) emptiest() (section string, empty int64) {
	if empty = slices.Max(s.Empty); empty > 0 {
		section = sections.Section(slices.Index(s.Empty, empty)).String()
	}
	return section, empty
}

// labels looks at how the examples of a split are spread over the labels.
func (l Limits) labels(j *judging, of task.Task, s *bySplit) {
	if !of.Multilabel() {
		fewest := slices.Index(s.Labels, slices.Min(s.Labels))
		j.atLeast("min_class", of.Labels[fewest], s.Labels[fewest], l.MinClass)
		return
	}
	j.checks = append(j.checks, Check{ // of labels, not of patients
		Limit: "max_missing_labels", Split: j.split, Found: smallcell.Count(s.missing()), Among: smallcell.Count(len(s.Labels)), At: l.MaxMissingLabels,
		Failed: float64(s.missing()) > l.MaxMissingLabels*float64(len(s.Labels)),
	})
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
