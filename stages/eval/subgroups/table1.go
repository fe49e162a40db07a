package subgroups

import (
	"maps"
	"math"
	"slices"

	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/split"
)

// tell is what may be told of the patients. Patients and admissions are counted elsewhere,
// so what is hidden of one split is hidden of all.
func (all cohorts) tell(show bool) *Table1 {
	t := &Table1{Splits: []Table1Split{}}
	few, fewAgain := false, false
	for _, c := range all {
		few, fewAgain = few || smallcell.Small(c.Patients), fewAgain || smallcell.Small(c.Admissions-c.Patients)
	}
	for _, name := range split.Names {
		switch c := all[name]; {
		case c.Patients == 0:
		case few && !show:
			t.Splits = append(t.Splits, Table1Split{Split: name, Patients: smallcell.Untold, Admissions: smallcell.Untold, Attributes: []PatientGroups{}})
		default:
			t.Splits = append(t.Splits, c.tell(name, show))
		}
	}
	if fewAgain && !show {
		t.hideAdmissions()
	}
	return t
}

// hideApart takes from the table how many admissions the splits have, where few of the
// measured one are no example of a task.
func (t *Table1) hideApart(split string, byVariant map[string]map[string]ofTask) {
	if t == nil {
		return
	}
	for _, s := range t.Splits {
		for _, tasks := range byVariant {
			for _, of := range tasks {
				if s.Split == split && !s.Admissions.Hidden() && smallcell.FewApart(int(s.Admissions), of.N) {
					t.hideAdmissions()
				}
			}
		}
	}
}

func (t *Table1) hideAdmissions() {
	for i := range t.Splits {
		t.Splits[i].Admissions, t.Splits[i].AdmissionsPerPatient = smallcell.Untold, nil
	}
}

func (c *cohort) tell(name string, show bool) Table1Split {
	s := Table1Split{
		Split: name, Patients: smallcell.Count(c.Patients), Admissions: smallcell.Count(c.Admissions),
		AdmissionsPerPatient: eval.Optional(float64(c.Admissions)/float64(c.Patients), true), Age: c.ages(show), Attributes: []PatientGroups{},
	}
	for a := range Attributes {
		if n := c.Groups[a][groupUnknown]; n < c.Patients {
			s.Attributes = append(s.Attributes, c.groups(a, show))
		}
	}
	return s
}

// groups are the patients by an attribute.
func (c *cohort) groups(attribute int, show bool) PatientGroups {
	of := PatientGroups{Name: Attributes[attribute], Groups: []PatientGroup{}}
	counts := c.Groups[attribute]
	names := slices.SortedFunc(maps.Keys(counts), CompareGroups(of.Name))
	rows := make([][]int64, len(names))
	for i, name := range names {
		rows[i] = []int64{counts[name]}
	}
	hidden, _ := smallcell.Pool(rows, make([]bool, len(rows)))
	for i, name := range names {
		if hidden[i] && !show {
			of.Hidden = append(of.Hidden, name)
			continue
		}
		of.Groups = append(of.Groups, PatientGroup{name, smallcell.Count(counts[name]), float64(counts[name]) / float64(c.Patients)})
	}
	return of
}

// ages are told of ten patients or more.
func (c *cohort) ages(show bool) *Ages {
	var n, sum, squares float64
	for age, of := range c.Ages {
		n, sum, squares = n+float64(of), sum+float64(of*age), squares+float64(of*age*age)
	}
	if n < 2 || n < smallcell.Limit && !show {
		return nil
	}
	quartile := func(q float64) *float64 {
		if min(q, 1-q)*n < smallcell.Limit && !show {
			return nil
		}
		return eval.Optional(quantile(c.Ages, q*n), true)
	}
	return &Ages{Mean: sum / n, SD: math.Sqrt((squares - sum*sum/n) / (n - 1)), Median: quartile(0.5), Q1: quartile(0.25), Q3: quartile(0.75)}
}

// quantile is the age that so many patients do not exceed, the least such.
func quantile(ages map[int64]int64, rank float64) float64 {
	var below int64
	for _, age := range slices.Sorted(maps.Keys(ages)) {
		if below += ages[age]; float64(below) >= rank {
			return float64(age)
		}
	}
	return 0
}
