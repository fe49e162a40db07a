package card

import (
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/text/sections"
)

// tally is what the gate counts. As JSON its maps are ordered, so equal tallies have
// equal bytes.
type tally struct {
	Join     map[string]int64    `json:"join"` // what met in the join and what did not, as manifests name it
	Splits   map[string]*bySplit `json:"splits"`
	Crossing int64               `json:"crossing"` // patients with examples in two splits
	// Groups are the examples of each group of equal texts, by split; nil where the groups
	// are not bound.
	Groups map[int]map[string]int64 `json:"groups,omitempty"`
}

// bySplit is what is counted of the examples of a split.
type bySplit struct {
	Patients   int64         `json:"patients"`
	Labels     []int64       `json:"labels"`     // [labels of the task]: examples that have it
	Characters map[int]int64 `json:"characters"` // texts by their length
	Tokens     map[int]int64 `json:"tokens"`
	Sectioned  int64         `json:"sectioned"` // texts in the sections of text.admission
	Empty      []int64       `json:"empty"`     // [sections]: texts in which it is empty
	Dated      int64         `json:"dated"`     // texts with a time, whose label has an index time
	Late       int64         `json:"late"`      // those of a later time than that
}

func newTally(labels int, groups bool) *tally {
	t := &tally{Join: map[string]int64{}, Splits: map[string]*bySplit{}}
	if groups {
		t.Groups = map[int]map[string]int64{}
	}
	for _, name := range split.Names {
		t.Splits[name] = &bySplit{Labels: make([]int64, labels), Characters: map[int]int64{}, Tokens: map[int]int64{}, Empty: make([]int64, len(sections.Note{}))}
	}
	return t
}

// group is a group of equal texts, to be added to.
func (t *tally) group(number int) map[string]int64 {
	if t.Groups[number] == nil {
		t.Groups[number] = map[string]int64{}
	}
	return t.Groups[number]
}

func (t *tally) add(other *tally) {
	addTo(t.Join, other.Join)
	t.Crossing += other.Crossing
	for name, s := range other.Splits {
		t.Splits[name].add(s)
	}
	for group, n := range other.Groups {
		addTo(t.group(group), n)
	}
}

func (s *bySplit) add(other *bySplit) {
	s.Patients += other.Patients
	s.Sectioned += other.Sectioned
	s.Dated += other.Dated
	s.Late += other.Late
	for i, n := range other.Labels {
		s.Labels[i] += n
	}
	for i, n := range other.Empty {
		s.Empty[i] += n
	}
	addTo(s.Characters, other.Characters)
	addTo(s.Tokens, other.Tokens)
}

func addTo[K comparable](sum, more map[K]int64) {
	for key, n := range more {
		sum[key] += n
	}
}

// equalIn counts the examples of a split whose texts equal others.
func (t *tally) equalIn(name string) (e equals) {
	for _, group := range t.Groups {
		e.add(name, group)
	}
	return e
}

// missing are the labels without an example.
func (s *bySplit) missing() (n int64) {
	for _, examples := range s.Labels {
		if examples == 0 {
			n++
		}
	}
	return n
}

// unseen are the labels that have examples here and none in train.
func (s *bySplit) unseen(train *bySplit) (n int64) {
	for label, examples := range s.Labels {
		if examples > 0 && train.Labels[label] == 0 {
			n++
		}
	}
	return n
}
