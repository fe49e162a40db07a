package subgroups

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/eval/predictions"
)

// drawn are examples of one attribute: whose they are, their groups and outcomes.
type drawn struct {
	members  []predictions.Identity
	traits   []traits
	positive []bool
}

func drawExamples(t *rapid.T) (d drawn) {
	n := rapid.IntRange(1, 120).Draw(t, "examples")
	patients := rapid.IntRange(1, n).Draw(t, "patients")
	groups := rapid.IntRange(1, 5).Draw(t, "groups")
	rare := rapid.IntRange(1, 12).Draw(t, "one positive of")
	fixed := rapid.Bool().Draw(t, "a group a patient")
	for i := range n {
		subject, group := rapid.IntRange(1, patients).Draw(t, "subject"), rapid.IntRange(1, groups*groups).Draw(t, "group")
		if fixed {
			group = 1 + subject%(groups*groups)
		}
		for k := range groups { // later groups are larger
			if group <= (k+1)*(k+1) {
				group = -k
			}
		}
		d.members = append(d.members, predictions.Identity{Subject: int64(subject), Example: fmt.Sprint(i)})
		d.traits = append(d.traits, traits{fmt.Sprint("group ", -group), groupUnknown, groupUnknown, groupUnknown, groupUnknown, groupUnknown})
		d.positive = append(d.positive, rapid.IntRange(1, rare).Draw(t, "positive") == 1)
	}
	return d
}

func (d drawn) groups() []*grouped {
	all := groupsOf(d.members, d.traits)
	for _, g := range all {
		scores := make([]float64, len(g.rows))
		for i, row := range g.rows {
			scores[i] = float64(row * 7 % 31)
		}
		count, _ := auroc.Of(scores, predictions.Pick(d.positive, g.rows))
		g.measured = measured{positives: count.Positives, pairs: len(g.rows), fewest: min(count.Positives, count.Negatives), auroc: eval.Optional(count.AUROC()), gap: &eval.Interval{}}
	}
	return all
}

// bounds are what a number may be, as far as is told.
type bounds struct{ low, high int }

// TestNoSmallGroupFollows: who knows how many examples, patients and, where they are not
// few, positives there are of all groups together, can say of no group, and of no
// difference of what is told, that it is of one to nine.
func TestNoSmallGroupFollows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawExamples(t)
		groups, byName := d.groups(), map[string]*grouped{}
		n, positives, patients := len(d.members), 0, patientsOf(d.members, rangeOf(len(d.members)))
		for _, g := range groups {
			byName[g.group], positives = g, positives+g.positives
		}
		a := told("sex", d.members, groups, false, false)
		if len(a.Groups)+len(a.Hidden) != len(groups) {
			t.Fatal("a group is missing")
		}
		noFew := func(n int, of string) {
			if smallcell.Small(n) {
				t.Fatalf("%s: %d can be worked out of %+v", of, n, a)
			}
		}
		var pool []int
		for _, name := range a.Hidden {
			pool = append(pool, byName[name].rows...)
		}
		if len(a.Groups) > 0 && len(a.Hidden) > 0 {
			noFew(patientsOf(d.members, pool), "the patients of the hidden groups")
			if len(a.Hidden) == 1 {
				t.Fatalf("%s alone is hidden", a.Hidden[0])
			}
		}
		left, sum, exact := positives, 0, true
		unknown := map[string]bounds{}
		if len(a.Hidden) > 0 {
			unknown["the hidden groups"] = bounds{0, len(pool)}
		}
		for _, g := range a.Groups {
			of := byName[g.Group]
			noFew(of.patients, g.Group)
			if sum += of.patients; g.Patients == smallcell.Above {
				exact = false
			} else {
				noFew(int(g.N-g.Patients), "second admissions")
				noFew(patients-int(g.Patients), "patients of no admission in "+g.Group)
			}
			switch {
			case !g.Positives.Hidden():
				noFew(int(g.Positives), "positives of "+g.Group)
				noFew(int(g.N-g.Positives), "negatives of "+g.Group)
				left -= int(g.Positives)
			case g.Observed != nil || g.Difference != nil || g.ECE != nil || g.AUROC == nil || *g.AUROC != math.Round(100**g.AUROC)/100:
				t.Fatalf("%+v tells what is hidden", g)
			default:
				unknown[g.Group] = bounds{1, int(g.N) - 1}
			}
		}
		if exact && len(a.Hidden) == 0 {
			noFew(sum-patients, "patients of two groups")
		}
		if smallcell.Small(positives) || smallcell.Small(n-positives) {
			return
		}
		for name, b := range unknown {
			least, most := left, left
			for other, o := range unknown {
				if other != name {
					least, most = least-o.high, most-o.low
				}
			}
			if low, high := max(b.low, least), min(b.high, most); low == high {
				noFew(low, "positives of "+name)
				if g, told := byName[name]; told {
					noFew(len(g.rows)-low, "negatives of "+name)
				} else {
					noFew(len(pool)-low, "negatives of "+name)
				}
			}
		}
	})
}

func rangeOf(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}
