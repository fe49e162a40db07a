package subgroups

import (
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/task"
)

// ofTask are the groups of a task's n examples.
type ofTask struct {
	N          int         `json:"n"`
	Attributes []Attribute `json:"attributes"`
}

// hideAcross takes from tasks how many examples their groups have, where another task of
// the same patients has one to nine more or fewer in a group: length of stay is of those
// who did not die, so that mortality's examples less its are the deaths.
func hideAcross(tasks map[string]ofTask, of map[string]task.Task) {
	sizes := eval.Sizes{Of: map[string]int{}, Tasks: of}
	for name, t := range tasks {
		sizes.Of[name] = t.N
	}
	alike, names := sizes.TooAlike(), sizes.Order()
	for _, attribute := range Attributes {
		var before []ofTask
		for _, name := range names {
			a := tasks[name].attribute(attribute)
			if a == nil {
				continue
			}
			if alike[name] {
				a.hideSizes()
			}
			for _, other := range before {
				a.hideApart(tasks[name].N, other.attribute(attribute), other.N)
			}
			before = append(before, tasks[name])
		}
	}
}

func (t ofTask) attribute(name string) *Attribute {
	for i := range t.Attributes {
		if t.Attributes[i].Name == name {
			return &t.Attributes[i]
		}
	}
	return nil
}

// hideApart hides what of an attribute's n examples would tell of few who are not among
// the m of another task, or of few of these who are not among the n.
func (a *Attribute) hideApart(n int, other *Attribute, m int) {
	examples := func(g GroupScore) smallcell.Count { return g.N }
	patients := func(g GroupScore) smallcell.Count { return g.Patients }
	switch {
	case fewApart(a.sizes(examples, n), other.sizes(examples, m)):
		a.hideSizes()
	case fewApart(a.sizes(patients, 0), other.sizes(patients, 0)):
		a.hidePatients()
	}
}

// rest is the key of all groups that are not told.
const rest = ""

// sizes are those of the groups that are told, and of the others together, of so many in
// all. There are none where they are hidden.
func (a *Attribute) sizes(of func(GroupScore) smallcell.Count, all int) map[string]int {
	sizes := map[string]int{rest: all}
	for _, g := range a.Groups {
		if of(g).Hidden() {
			return nil
		}
		sizes[g.Group] = int(of(g))
		sizes[rest] -= int(of(g))
	}
	return sizes
}

// fewApart says whether a group of a task that both tell has one to nine more than in the
// other, or all that either does not tell.
func fewApart(a, b map[string]int) bool {
	if a == nil || b == nil {
		return false
	}
	left := a[rest] - b[rest]
	for group, n := range a {
		if m, both := b[group]; !both {
			left += n
		} else if group != rest && smallcell.FewApart(n, m) {
			return true
		}
	}
	for group, m := range b {
		if _, both := a[group]; !both {
			left -= m
		}
	}
	return smallcell.FewApart(left, 0)
}

// hideSizes takes from all groups how many examples they have, and what this would follow
// from.
func (a *Attribute) hideSizes() {
	a.hidePatients()
	for i := range a.Groups {
		g := &a.Groups[i]
		if g.N.Hidden() {
			continue
		}
		g.hide(true, g.Interval != nil, eval.Coarse(int(g.N)))
		g.N = smallcell.Above
	}
}

func (a *Attribute) hidePatients() {
	for i := range a.Groups {
		a.Groups[i].Patients = smallcell.Above
	}
}
