package eval

import (
	"cmp"
	"maps"
	"slices"

	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/task"
)

// Sizes are the examples of tasks, or their patients, by the tasks' names.
type Sizes struct {
	Of    map[string]int
	Tasks map[string]task.Task
}

// TooAlike are the tasks of which it must not be told how many they are of: another that
// tells it has one to nine more or fewer. Length of stay is of those who did not die, so
// that where few died the examples of any other task less its own are the deaths.
func (s Sizes) TooAlike() map[string]bool {
	hidden, names := map[string]bool{}, s.Order()
	for i, name := range names {
		hidden[name] = slices.ContainsFunc(names[:i], func(told string) bool {
			return !hidden[told] && smallcell.FewApart(s.Of[told], s.Of[name])
		})
	}
	return hidden
}

// Order is the order in which tasks may tell what they have: first those that are too like
// few others, and binary ones, whose outcome would follow, last.
func (s Sizes) Order() []string {
	alike := func(name string) (others int) {
		for _, n := range s.Of {
			if smallcell.FewApart(n, s.Of[name]) {
				others++
			}
		}
		return others
	}
	kinds := []task.Kind{task.Multilabel, task.Multiclass, task.Binary}
	return slices.SortedFunc(maps.Keys(s.Of), func(a, b string) int {
		return cmp.Or(
			cmp.Compare(alike(a), alike(b)),
			cmp.Compare(slices.Index(kinds, s.Tasks[a].Kind), slices.Index(kinds, s.Tasks[b].Kind)), cmp.Compare(a, b))
	})
}

// hideApart takes from results what would tell how many examples, or patients, are in one
// task and not in another.
func hideApart(results []keyedResult, tasks map[string]task.Task) {
	examples, patients := Sizes{map[string]int{}, tasks}, Sizes{map[string]int{}, tasks}
	for _, r := range results {
		examples.Of[r.key.Task], patients.Of[r.key.Task] = r.N, r.Patients
	}
	few, fewPatients := examples.TooAlike(), patients.TooAlike()
	for i := range results {
		r := &results[i]
		if few[r.key.Task] {
			r.hideSize()
		}
		if fewPatients[r.key.Task] {
			untold(&r.Score.Patients)
		}
	}
}

// hideSize leaves of a result what is told of few examples, and no count.
func (r *Result) hideSize() {
	s := &r.Score
	s.SmallCells = true
	r.hideProbabilities()
	r.coarsen()
	untold(&s.N, &s.Patients, &s.Positives)
	for k := range s.ClassCounts {
		untold(&s.ClassCounts[k])
	}
	for k := range r.Classes {
		c := &r.Classes[k]
		*c = ClassScore{Positives: c.Positives, AUROC: c.AUROC, SmallCells: true}
		untold(&c.Positives)
		round(Coarse(r.N), &c.AUROC)
	}
}

// untold hides counts.
func untold(counts ...*smallcell.Count) {
	for _, c := range counts {
		if *c > 0 {
			*c = smallcell.Above
		}
	}
}
