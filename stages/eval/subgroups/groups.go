package subgroups

import (
	"slices"

	"github.com/clinflow/clinflow/internal/auroc/inference"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/eval/predictions"
)

// grouped are the examples of a key that are in one group of an attribute, by their
// numbers, and what was measured of them.
type grouped struct {
	attribute int
	group     string
	rows      []int
	patients  int
	measured
}

// measured is what is kept of a group. Of pairs of an example and what it may have, the
// label, some are positive.
type measured struct {
	positives, pairs int
	fewest           int // on either side of what the AUROC compares
	auroc            *float64
	interval         *eval.Interval
	probabilities    eval.Probabilities
	bounded          bool           // intervals were asked for, and there is an AUROC
	gap              *eval.Interval // of what is predicted less what is observed
}

// groupsOf puts examples into the groups of all attributes that something is known of, in
// the order in which they are shown. The examples of a group are in an order that does not
// depend on their parts, so that no sum over them does.
func groupsOf(members []predictions.Identity, list []traits) (all []*grouped) {
	order := make([]int, len(members))
	for row := range order {
		order[row] = row
	}
	slices.SortFunc(order, func(i, j int) int { return members[i].Compare(members[j]) })
	for a := range Attributes {
		byName := map[string]*grouped{}
		for _, row := range order {
			group := list[row][a]
			if byName[group] == nil {
				byName[group] = &grouped{attribute: a, group: group}
			}
			byName[group].rows = append(byName[group].rows, row)
		}
		if byName[groupUnknown] != nil && len(byName) == 1 {
			continue
		}
		var of []*grouped
		for _, g := range byName {
			g.patients = patientsOf(members, g.rows)
			of = append(of, g)
		}
		slices.SortFunc(of, func(x, y *grouped) int { return CompareGroups(Attributes[a])(x.group, y.group) })
		all = append(all, of...)
	}
	return all
}

// effective is how many patients with equal numbers of examples the group's tell as much as.
func (g *grouped) effective(members []predictions.Identity) int {
	subjects := make([]int64, len(g.rows))
	for i, row := range g.rows {
		subjects[i] = members[row].Subject
	}
	return inference.Effective(inference.PatientsOf(subjects).Of, func(int) bool { return true })
}

// patientsOf counts the patients of some rows.
func patientsOf(members []predictions.Identity, rows []int) int {
	seen := map[int64]bool{}
	for _, row := range rows {
		seen[members[row].Subject] = true
	}
	return len(seen)
}
