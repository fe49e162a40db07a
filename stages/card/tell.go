package card

import (
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/text/sections"
	"github.com/clinflow/clinflow/task"
)

// Card is what card.json holds.
type Card struct {
	Task    string                     `json:"task"`
	Kind    task.Kind                  `json:"kind"`
	Labels  int                        `json:"labels"`
	Recipe  string                     `json:"recipe,omitempty"`
	Split   string                     `json:"split"` // the rule
	Release string                     `json:"release,omitempty"`
	Checks  []Check                    `json:"checks"`
	Join    map[string]smallcell.Count `json:"join"` // what met and what did not, as manifests name it
	// PatientsInTwoSplits have examples in more than one.
	PatientsInTwoSplits smallcell.Count `json:"patients_in_two_splits"`
	Splits              []Split         `json:"splits"`
	Paper               *Paper          `json:"paper,omitempty"`
	Schema              []Source        `json:"schema"`
}

// Split is what is told of the examples of a split.
type Split struct {
	Split    string          `json:"split"`
	Patients smallcell.Count `json:"patients"`
	Examples smallcell.Count `json:"examples"`
	Labels   []Part          `json:"labels"` // in the order of their numbers
	// MissingLabels have no example in the split, UnseenLabels have some here and none
	// in train. Both count labels, not patients.
	MissingLabels int64    `json:"missing_labels"`
	UnseenLabels  int64    `json:"unseen_labels"`
	Characters    *Lengths `json:"characters"` // null where there are too few texts to be told
	Tokens        *Lengths `json:"tokens"`
	EmptySections []Part   `json:"empty_sections"` // null where the texts have no sections
	Equal         *Equal   `json:"equal"`          // null where label.duplicates is not bound
	AfterIndex    Part     `json:"after_index"`    // texts of later than the index time of their label
}

// Part is a count of some examples, and their share of those that it was looked for in.
type Part struct {
	Name  string          `json:"name,omitempty"`
	N     smallcell.Count `json:"n"`
	Share *float64        `json:"share"` // null where the count is hidden, or nothing was looked at
}

// Equal are the texts that equal another of their split, and one of another split.
type Equal struct {
	Within Part `json:"within"`
	Across Part `json:"across"`
}

// tell is what a card says of the examples.
func (g gate) tell(of task.Task, sum *tally) Card {
	c := Card{
		Task: of.Name, Kind: of.Kind, Labels: of.NumLabels(), Recipe: of.Recipe, Split: of.Split, Release: of.Release,
		Join: smallcell.Counts(sum.Join, g.shows()), PatientsInTwoSplits: teller{show: g.shows()}.count(sum.Crossing),
	}
	characters, tokens, beside := sum.bins(characterLengths), sum.bins(tokenLengths), sum.besides(of)
	for i, name := range split.Names {
		s, n, told := sum.Splits[name], sum.Join["examples."+name], teller{show: g.shows()}.within(c.Join["examples."+name])
		t := s.tell(told)
		t.Split, t.Examples, t.UnseenLabels = name, c.Join["examples."+name], s.unseen(sum.Splits[split.Train])
		t.Patients, t.Labels = told.beside(beside.patients[i], s.Patients), told.labels(of, beside.labels[i], s.Labels, n)
		t.Characters, t.Tokens = told.lengths(s.Characters, characters), told.lengths(s.Tokens, tokens)
		if sum.Groups != nil {
			e := sum.equalIn(name)
			t.Equal = &Equal{told.partOf("", e.Within, n), told.partOf("", e.Across, n)}
		}
		c.Splits = append(c.Splits, t)
		c.Checks = append(c.Checks, g.config.judge(of, sum, c.Join, judging{
			told: t, sectioned: told.beside(beside.sectioned[i], s.Sectioned), dated: told.beside(beside.dated[i], s.Dated),
		})...)
	}
	c.Checks = append(c.Checks, g.config.crossing(sum.Crossing, c.PatientsInTwoSplits))
	return c
}

// tell is what is told of the examples of a split by themselves.
func (s *bySplit) tell(told teller) Split {
	t := Split{MissingLabels: s.missing(), AfterIndex: told.partOf("", s.Late, s.Dated)}
	for i, empty := range s.Empty {
		if s.Sectioned > 0 {
			t.EmptySections = append(t.EmptySections, told.partOf(sections.Section(i).String(), empty, s.Sectioned))
		}
	}
	return t
}
