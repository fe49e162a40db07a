//go:build slow

package inference

import (
	"math/rand/v2"
	"runtime"
	"testing"

	"golang.org/x/sync/errgroup"
)

// meanHolds says of a study of several tasks whether the interval of the mean difference
// holds the truth, by the effective number of patients of the mean, and by the least of a
// task's. One with a single patient on a side has no interval.
func meanHolds(t *testing.T, tasks []cohort, number int) (told, least, ok bool) {
	const draws = 300
	replicates, truth, difference, fewest := make([]float64, draws), 0.0, 0.0, 0
	var by []Contributions
	for i, c := range tasks {
		subjects, positive, scores := c.draw(rand.New(rand.NewPCG(uint64(11+i), uint64(number))))
		p := PatientsOf(subjects)
		samples := []Sample{{scores[0], positive, p.Of}, {scores[1], positive, p.Of}}
		effective := samples[0].Effective()
		if effective < 2 {
			return false, false, false
		}
		if fewest == 0 || effective < fewest {
			fewest = effective
		}
		drawn := bootstrap(t, subjects, Settings{Replicates: draws, Seed: int64(number), Workers: 1}, samples...)
		e := NewExchange(p)
		var ranks [2]Ranks
		for model := range ranks {
			ranks[model], _ = RanksOf(scores[model])
		}
		e.Add(ranks[0], ranks[1], positive, p.Of)
		by = append(by, e.Contributions(p))
		n := float64(len(tasks))
		difference += e.Difference() / n
		truth += (c.truth(0) - c.truth(1)) / n
		for b := range replicates {
			replicates[b] += (drawn[0][b] - drawn[1][b]) / n
		}
	}
	mean := MeanContributions(by)
	i, _, _ := OfDifference(difference, replicates, max(fewest, mean.Effective()))
	wide, _, _ := OfDifference(difference, replicates, fewest)
	return i.holds(truth), wide.holds(truth), true
}

// TestSlowMeanDifferencesCoverTheTruth: of 2,000 studies of several tasks, one of which has
// few positive patients, 94 to 96 per cent of the intervals hold the true mean difference.
// By the least effective number of a task they would be too wide.
func TestSlowMeanDifferencesCoverTheTruth(t *testing.T) {
	const n = 2000
	for name, c := range map[string]struct {
		patients int
		shares   []float64
	}{
		"60 patients":  {60, []float64{0.3, 0.3, 0.1, 0.5}},
		"200 patients": {200, []float64{0.3, 0.3, 0.02, 0.3, 0.3}},
	} {
		var tasks []cohort
		for _, share := range c.shares {
			tasks = append(tasks, cohort{patients: c.patients, share: share, same: 0.7, shifts: []float64{1.4, 1.2}, alike: 0.6})
		}
		told, least, ok := make([]bool, n), make([]bool, n), make([]bool, n)
		var group errgroup.Group
		group.SetLimit(runtime.GOMAXPROCS(0))
		for number := range n {
			group.Go(func() error {
				told[number], least[number], ok[number] = meanHolds(t, tasks, number)
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		got, wide := shareOf(told)/shareOf(ok), shareOf(least)/shareOf(ok)
		t.Logf("%s: of 2,000 studies %.1f %% of the intervals cover the true mean difference, by the least task's effective number %.1f %%", name, 100*got, 100*wide)
		if got < 0.94 || got > 0.96 || wide < 0.97 {
			t.Errorf("%s: %v of the intervals cover the true mean difference, by the least task's effective number %v", name, got, wide)
		}
	}
}
