package subgroups

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/split"
)

// table1Key is the key of the accumulators that table 1 is made of.
const table1Key = "table1"

// cohort is what is counted of the patients of a split, each at the first of their
// admissions that is of it.
type cohort struct {
	Patients   int64                           `json:"patients"`
	Admissions int64                           `json:"admissions"`
	Ages       map[int64]int64                 `json:"ages"` // by whole years
	Groups     [len(traits{})]map[string]int64 `json:"groups"`
}

// cohorts are those of the splits, by name.
type cohorts map[string]*cohort

func newCohorts() cohorts {
	all := cohorts{}
	for _, name := range split.Names {
		c := &cohort{Ages: map[int64]int64{}}
		for a := range c.Groups {
			c.Groups[a] = map[string]int64{}
		}
		all[name] = c
	}
	return all
}

// first is a patient's first admission of a split.
type first struct {
	subject int64
	split   string
}

// cohortsIn counts a part's patients. Those without an admission are in none.
func cohortsIn(ctx context.Context, in stages.Inputs, part int) (cohorts, error) {
	sides, err := split.Overlap{AllowPatientOverlap: true}.Part(ctx, in.One(split.Port.Name), part)
	if err != nil {
		return nil, err
	}
	p, err := peopleOf(ctx, in.One(portPatients), part, func(int64) bool { return true })
	if err != nil {
		return nil, err
	}
	all, firsts := newCohorts(), map[first]admission{}
	for _, hadm := range slices.Sorted(maps.Keys(p.admissions)) {
		a := p.admissions[hadm]
		name, ok := sides.Of(a.subject, hadm)
		if !ok {
			continue
		}
		all[name].Admissions++
		at := first{a.subject, name}
		if before, known := firsts[at]; !known || a.time < before.time {
			firsts[at] = a
		}
	}
	for at, a := range firsts {
		all[at.split].count(a)
	}
	return all, nil
}

func (c *cohort) count(a admission) {
	c.Patients++
	for i, group := range a.traits {
		c.Groups[i][group]++
	}
	if a.age != nil {
		c.Ages[int64(*a.age)]++
	}
}

// sumCohorts adds up what was counted of parts.
func sumCohorts(accumulators [][]byte) (cohorts, error) {
	sum := newCohorts()
	for _, text := range accumulators {
		var part cohorts
		if err := json.Unmarshal(text, &part); err != nil {
			return nil, fmt.Errorf("read counted patients: %w", err)
		}
		for name, c := range part {
			sum[name].add(c)
		}
	}
	return sum, nil
}

func (c *cohort) add(other *cohort) {
	c.Patients += other.Patients
	c.Admissions += other.Admissions
	addTo(c.Ages, other.Ages)
	for a := range c.Groups {
		addTo(c.Groups[a], other.Groups[a])
	}
}

func addTo[K comparable](sum, counts map[K]int64) {
	for key, n := range counts {
		sum[key] += n
	}
}
