package card

import (
	"slices"

	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages/text/sections"
	"github.com/clinflow/clinflow/task"
)

// judging are the limits being looked at, of a split as it is told.
type judging struct {
	told             Split
	sectioned, dated smallcell.Count
	checks           []Check
}

func (j *judging) atLeast(limit, of string, n int64, told smallcell.Count, at int) {
	j.checks = append(j.checks, Check{Limit: limit, Split: j.told.Split, Of: of, Found: told, At: float64(at), Failed: n < int64(at)})
}

// among is n of a number of examples, each beside what is told of it.
type among struct {
	n, all      int64
	found, told smallcell.Count
}

func (j *judging) atMost(limit, of string, s among, at float64) {
	j.checks = append(j.checks, Check{
		Limit: limit, Split: j.told.Split, Of: of, Found: s.found, Among: s.told, At: at, Failed: float64(s.n) > at*float64(s.all),
	})
}

// judge compares what was counted of a split with the limits. join is what is told of
// what met in the join.
func (l Limits) judge(of task.Task, sum *tally, join map[string]smallcell.Count, j judging) []Check {
	name := j.told.Split
	s, n := sum.Splits[name], sum.Join["examples."+name]
	j.atLeast("min_examples", "", n, j.told.Examples, l.MinExamples)
	l.labels(&j, of, s)
	j.withoutText(sum.Join, join, l.MaxWithoutText)
	if s.Sectioned > 0 {
		empty := slices.Max(s.Empty)
		at := slices.Index(s.Empty, empty)
		j.atMost("max_empty_section", s.emptiest(), among{empty, s.Sectioned, j.told.EmptySections[at].N, j.sectioned}, l.MaxEmptySection)
	}
	if sum.Groups != nil {
		e := sum.equalIn(name)
		j.atMost("max_equal_within", "", among{e.Within, n, j.told.Equal.Within.N, j.told.Examples}, l.MaxEqualWithin)
		j.atMost("max_equal_across", "", among{e.Across, n, j.told.Equal.Across.N, j.told.Examples}, l.MaxEqualAcross)
	}
	j.atMost("max_after_index", "", among{s.Late, s.Dated, j.told.AfterIndex.N, j.dated}, l.MaxAfterIndex)
	return j.checks
}

// crossing compares the patients who are in two splits with their limit.
func (l Limits) crossing(n int64, told smallcell.Count) Check {
	return Check{Limit: "max_patients_in_two_splits", Found: told, At: float64(l.MaxPatientsInTwoSplits), Failed: n > int64(l.MaxPatientsInTwoSplits)}
}

// withoutText looks at the labels that have no text. Of these and of the examples neither
// follows from their sum.
func (j *judging) withoutText(n map[string]int64, told map[string]smallcell.Count, at float64) {
	without, examples := "labels_without_tokens."+j.told.Split, "examples."+j.told.Split
	both := n[without] + n[examples]
	whole := smallcell.Count(both)
	if both > 0 && (told[without].Hidden() || told[examples].Hidden()) {
		whole = smallcell.Untold
	}
	j.atMost("max_without_text", "", among{n[without], both, told[without], whole}, at)
}

// emptiest is the section that is empty most often, "" where none is.
func (s *bySplit) emptiest() (section string) {
	if empty := slices.Max(s.Empty); empty > 0 {
		section = sections.Section(slices.Index(s.Empty, empty)).String()
	}
	return section
}

// labels looks at how the examples of a split are spread over the labels.
func (l Limits) labels(j *judging, of task.Task, s *bySplit) {
	if !of.Multilabel() {
		fewest := slices.Index(s.Labels, slices.Min(s.Labels))
		j.atLeast("min_class", of.Labels[fewest], s.Labels[fewest], j.told.Labels[fewest].N, l.MinClass)
		return
	}
	j.checks = append(j.checks, Check{ // of labels, not of patients
		Limit: "max_missing_labels", Split: j.told.Split, Found: smallcell.Count(s.missing()), Among: smallcell.Count(len(s.Labels)), At: l.MaxMissingLabels,
		Failed: float64(s.missing()) > l.MaxMissingLabels*float64(len(s.Labels)),
	})
}
