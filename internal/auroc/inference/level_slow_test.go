//go:build slow

package inference

import (
	"math/rand/v2"
	"runtime"
	"testing"

	"golang.org/x/sync/errgroup"
)

// claims says whether the permutation test finds two models of a study different at a
// level of 5 per cent, and whether it would if differences were not taken by their
// standard errors.
func (c cohort) claims(t *testing.T, number int) (told, plain bool) {
	subjects, positive, scores := c.draw(rand.New(rand.NewPCG(7, uint64(number))))
	p := PatientsOf(subjects)
	var ranks [2]Ranks
	for model := range ranks {
		var err error
		if ranks[model], err = RanksOf(scores[model]); err != nil {
			t.Error(err)
		}
	}
	e := NewExchange(p)
	e.Add(ranks[0], ranks[1], positive, p.Of)
	difference, permuted := e.Difference(), e.Permuted(p, int64(number), 999)
	larger := 1
	for _, d := range permuted {
		if d*d >= difference*difference {
			larger++
		}
	}
	effective := Sample{scores[0], positive, p.Of}.Effective()
	return e.Contributions(p).PermutationP(difference, permuted, effective) <= 0.05, larger <= 50
}

// TestSlowPermutationTestKeepsItsLevel: of 2,000 studies of two equal models it claims a
// difference in at most 6 per cent, with few patients, few positive ones, and where ranks
// hardly differ; there differences themselves would be claimed far more often. A difference
// that there is it claims about as often as they would.
func TestSlowPermutationTestKeepsItsLevel(t *testing.T) {
	const n = 2000
	for name, c := range map[string]cohort{
		"400 patients":                            {patients: 400, share: 0.3, same: 0.7, shifts: []float64{1.2, 1.2}, alike: 0.6},
		"60 patients":                             {patients: 60, share: 0.3, same: 0.7, shifts: []float64{1.2, 1.2}, alike: 0.6},
		"30 patients":                             {patients: 30, share: 0.3, same: 0.7, shifts: []float64{1.2, 1.2}, alike: 0.6},
		"60 patients, 10 % positive":              {patients: 60, share: 0.1, same: 0.7, shifts: []float64{1.2, 1.2}, alike: 0.6},
		"60 patients, ranks nearly alike":         {patients: 60, share: 0.3, same: 0.7, shifts: []float64{1.2, 1.2}, alike: 0.999},
		"200 patients, ranks hardly differ":       {patients: 200, share: 0.5, same: 0.7, shifts: []float64{1.2, 1.2}, alike: 0.99999},
		"60 patients of whom one model is better": {patients: 60, share: 0.3, same: 0.7, shifts: []float64{1.8, 1.2}, alike: 0.6},
	} {
		told, plain := make([]bool, n), make([]bool, n)
		var group errgroup.Group
		group.SetLimit(runtime.GOMAXPROCS(0))
		for number := range n {
			group.Go(func() error {
				told[number], plain[number] = c.claims(t, number)
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		got, other := shareOf(told), shareOf(plain)
		t.Logf("%s: of 2,000 studies the test claims a difference in %.1f %%, without standard errors in %.1f %%", name, 100*got, 100*other)
		switch {
		case c.shifts[0] != c.shifts[1]:
			if got < other-0.05 {
				t.Errorf("%s: the test finds a difference in %v of the studies, without standard errors in %v", name, got, other)
			}
		case got > 0.06:
			t.Errorf("%s: the test claims a difference in %v of the studies", name, got)
		case c.alike > 0.999 && other < 0.08:
			t.Errorf("%s: a test without standard errors claims a difference in %v of the studies: this cohort does not tell the two", name, other)
		}
	}
}

func shareOf(claims []bool) (share float64) {
	for _, claimed := range claims {
		if claimed {
			share++
		}
	}
	return share / float64(len(claims))
}
