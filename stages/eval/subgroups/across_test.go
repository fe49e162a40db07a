package subgroups

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/task"
)

// TestNoOutcomeFollowsFromAnotherTask: of tasks of the same patients that each leave some
// out, who knows all that is told can work out of no group, nor of all that are not told,
// that one to nine examples are in one task alone.
func TestNoOutcomeFollowsFromAnotherTask(t *testing.T) {
	kinds := map[string]task.Task{"diag": {Kind: task.Multilabel}, "los": {Kind: task.Multiclass}, "mor": {Kind: task.Binary}}
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(10, 60), 1, 4).Draw(t, "sizes")
		tasks := map[string]ofTask{}
		for _, name := range slices.Sorted(maps.Keys(kinds)) {
			of := ofTask{Attributes: []Attribute{{Name: "sex"}}}
			a := &of.Attributes[0]
			for i, size := range sizes {
				n := size - rapid.IntRange(0, 20).Draw(t, "left out")
				if of.N += max(0, n); n >= smallcell.Limit && rapid.IntRange(0, 3).Draw(t, "hidden") > 0 {
					x := 0.123456
					a.Groups = append(a.Groups, GroupScore{Group: fmt.Sprint(i), N: smallcell.Count(n), Positives: smallcell.Count(n), AUROC: &x, Observed: &x, Difference: &eval.Interval{}, ECE: &x})
				}
			}
			tasks[name] = of
		}
		hideAcross(tasks, kinds)
		all := eval.Sizes{Of: map[string]int{}, Tasks: kinds}
		for name, a := range tasks {
			all.Of[name] = a.N
		}
		alike := all.TooAlike()
		for name, a := range tasks {
			if groups := a.Attributes[0].Groups; alike[name] && len(groups) > 0 && !groups[0].N.Hidden() {
				t.Fatalf("groups add up to the examples of %s, which metrics.json does not tell", name)
			}
			for _, g := range a.Attributes[0].Groups {
				if !g.N.Hidden() {
					continue
				}
				if !g.Patients.Hidden() || !g.Positives.Hidden() || g.Observed != nil || g.Difference != nil || g.ECE != nil || *g.AUROC != 0.1 {
					t.Fatalf("%+v tells what is hidden", g)
				}
			}
			for other, b := range tasks {
				if other > name {
					nothingFollows(t, a, b, len(sizes))
				}
			}
		}
	})
}

// nothingFollows takes the group numbers that both tasks tell from each other, and what is
// left of all examples.
func nothingFollows(t *rapid.T, a, b ofTask, groups int) {
	told := func(of ofTask) map[string]int {
		sizes := map[string]int{}
		for _, g := range of.Attributes[0].Groups {
			if g.N.Hidden() {
				return nil
			}
			sizes[g.Group] = int(g.N)
		}
		return sizes
	}
	first, second := told(a), told(b)
	if len(first) == 0 || len(second) == 0 {
		return
	}
	rest := a.N - b.N
	for i := range groups {
		n, one := first[fmt.Sprint(i)]
		m, two := second[fmt.Sprint(i)]
		if !one || !two {
			continue
		}
		if rest -= n - m; smallcell.Small(max(n-m, m-n)) {
			t.Fatalf("group %d has %d and %d examples", i, n, m)
		}
	}
	if smallcell.Small(max(rest, -rest)) {
		t.Fatalf("%d are left of %v and %v", rest, first, second)
	}
}

// The attack: admissions of a split less the examples of a task that is measured on it are
// those that the task leaves out.
func TestTable1TellsOfNoTask(t *testing.T) {
	for left, told := range map[int]bool{0: true, 1: false, 9: false, 10: true} {
		ratio := 1.5
		table := Table1{Splits: []Table1Split{
			{Split: "val", Admissions: 141, AdmissionsPerPatient: &ratio},
			{Split: "test", Admissions: 150, AdmissionsPerPatient: &ratio},
		}}
		table.hideApart("test", map[string]map[string]ofTask{"lora": {"mor": {N: 150}, "los": {N: 150 - left}}})
		for _, got := range table.Splits { // all of them together are told elsewhere
			if got.Admissions.Hidden() == told || (got.AdmissionsPerPatient != nil) != told {
				t.Errorf("%d are left out: %+v", left, table.Splits)
			}
		}
	}
	(*Table1)(nil).hideApart("test", nil)
}
