package subgroups

import (
	"slices"

	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/eval/predictions"
)

// told is what may be told of the groups of one attribute.
func told(name string, members []predictions.Identity, groups []*grouped, multiclass, show bool) Attribute {
	a := Attribute{Name: name, Groups: []GroupScore{}}
	hidden := make([]bool, len(groups))
	outcomes := slices.Clone(hidden)
	if !show {
		hidden, outcomes = hiddenOf(groups, multiclass)
	}
	patients := show || patientsTold(members, groups, hidden)
	for i, g := range groups {
		if hidden[i] {
			a.Hidden = append(a.Hidden, g.group)
			continue
		}
		score := g.score(multiclass)
		if !patients {
			score.Patients = smallcell.Above
		}
		few := outcomes[i] || !show && smallcell.Small(g.fewest)
		if !show {
			score.Interval = g.interval.Hide(g.auroc, g.bounded, nil)
		}
		if few {
			score.hide(outcomes[i], g.bounded, eval.Coarse(len(g.rows)))
		}
		a.Groups = append(a.Groups, score)
	}
	return a
}

// score is all that was measured of a group.
func (g *grouped) score(multiclass bool) GroupScore {
	s := GroupScore{
		Group: g.group, N: smallcell.Count(len(g.rows)), Patients: smallcell.Count(g.patients), Positives: smallcell.Count(g.positives),
		AUROC: g.auroc, Interval: g.interval, MeanPredicted: g.probabilities.MeanPredicted, Difference: g.gap, ECE: &g.probabilities.ECE,
	}
	if !multiclass {
		s.Observed = eval.Optional(float64(g.positives)/float64(g.pairs), true)
	}
	return s
}

// hide takes from a score what would tell of a few examples, or where outcomes are hidden
// how many are positive.
func (s *GroupScore) hide(outcomes, bounded bool, digits func(float64) float64) {
	s.SmallCells, s.ECE = true, nil
	if s.AUROC != nil {
		s.AUROC = eval.Optional(digits(*s.AUROC), true)
	}
	s.Interval = s.Interval.Hide(s.AUROC, bounded, digits)
	if outcomes {
		s.Positives, s.Observed, s.Difference = smallcell.Untold, nil, nil
	}
}

// hiddenOf says which groups are hidden, and of which of the others it is hidden how many
// are positive. The examples of all are told, and their positives where these are not
// small (metrics.json).
func hiddenOf(groups []*grouped, multiclass bool) (hidden, outcomes []bool) {
	hidden = make([]bool, len(groups))
	for again := true; again; {
		rows := make([][]int64, len(groups))
		for i, g := range groups {
			rows[i] = []int64{int64(g.patients)}
		}
		hidden, _ = smallcell.Pool(rows, hidden)
		outcomes, again = outcomesOf(groups, hidden, multiclass)
	}
	return hidden, outcomes
}

// outcomesOf says of which groups it is hidden how many are positive. Where nothing can
// protect it, those groups are hidden altogether, and it is to be asked again.
func outcomesOf(groups []*grouped, hidden []bool, multiclass bool) (outcomes []bool, again bool) {
	outcomes = make([]bool, len(groups))
	if multiclass { // no classes are counted
		return outcomes, false
	}
	pool := []int64{0, 0} // the hidden groups, whose sum follows
	rows, at := [][]int64{pool}, []int{-1}
	for i, g := range groups {
		row := []int64{int64(g.positives), int64(g.pairs - g.positives)}
		if hidden[i] {
			pool[0], pool[1] = pool[0]+row[0], pool[1]+row[1]
		} else {
			rows, at = append(rows, row), append(at, i)
		}
	}
	start := make([]bool, len(rows))
	if start[0] = slices.Contains(hidden, true); !start[0] {
		rows, at, start = rows[1:], at[1:], start[1:]
	}
	in, ok := smallcell.Pool(rows, start)
	for k, i := range at {
		if i >= 0 && in[k] {
			outcomes[i] = true
		}
	}
	if ok {
		return outcomes, false
	}
	for i := range groups {
		hidden[i] = hidden[i] || outcomes[i] || !slices.Contains(outcomes, true)
	}
	return outcomes, true
}

// patientsTold says whether the patients of each group may be told. A patient may be in
// several groups, so that these counts are no parts of a sum; they would tell how few are
// in two groups, or in none of a group, or came a second time.
func patientsTold(members []predictions.Identity, groups []*grouped, hidden []bool) bool {
	var shown, pool, all []int
	sum := 0
	var tells []int
	for i, g := range groups {
		all, sum = append(all, g.rows...), sum+g.patients
		if hidden[i] {
			pool = append(pool, g.rows...)
			continue
		}
		shown = append(shown, g.rows...)
		tells = append(tells, len(g.rows)-g.patients)
	}
	total := patientsOf(members, all)
	for i, g := range groups {
		if !hidden[i] {
			tells = append(tells, total-g.patients)
		}
	}
	tells = append(tells, sum-total, total-patientsOf(members, shown), len(pool)-patientsOf(members, pool))
	return !slices.ContainsFunc(tells, smallcell.Small[int])
}
