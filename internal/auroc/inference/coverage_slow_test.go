//go:build slow

package inference

import (
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/stat/distuv"
)

// cohort makes studies of patients who have several admissions each. An admission's
// label and score come in equal parts from what the patient is like; the score knows
// the label besides, by shift. A positive and a negative admission of two patients are
// normal with the same variance, so that the true AUROC is known (Pepe 2003, section
// 4.4.1).
type cohort struct {
	patients int
	share    float64   // of admissions that are positive
	same     float64   // how much of a label and a score is the patient's
	shifts   []float64 // of the models
	alike    float64   // how much of a model's score is the other's
}

func (c cohort) truth(model int) float64 { return distuv.UnitNormal.CDF(c.shifts[model] / math.Sqrt2) }

// draw is one study: the subject_id and label of each row, and its scores by the models.
func (c cohort) draw(random *rand.Rand) (subjects []int64, positive []bool, scores [][]float64) {
	admissions := distuv.Poisson{Lambda: 3, Src: random}
	cut := distuv.UnitNormal.Quantile(1 - c.share)
	scores = make([][]float64, len(c.shifts))
	for patient := range c.patients {
		ill, common, own := random.NormFloat64(), random.NormFloat64(), make([]float64, len(c.shifts))
		for model := range own {
			own[model] = random.NormFloat64()
		}
		for range 1 + int(admissions.Rand()) {
			subjects = append(subjects, int64(patient))
			label := mixed(c.same, ill, random.NormFloat64()) > cut
			positive = append(positive, label)
			here := random.NormFloat64()
			for model, shift := range c.shifts {
				score := mixed(c.same, mixed(c.alike, common, own[model]), mixed(c.alike, here, random.NormFloat64()))
				if label {
					score += shift
				}
				scores[model] = append(scores[model], score)
			}
		}
	}
	return subjects, positive, scores
}

// mixed is a standard normal number of two others, of which the first makes a share of
// the variance.
func mixed(share, a, b float64) float64 { return math.Sqrt(share)*a + math.Sqrt(1-share)*b }

// study is what was said of one.
type study struct{ bootstrap, deLong, difference, deLongDifference, permutation bool }

// conduct runs a study of one model, or of two, and says which intervals hold the truth
// and whether the permutation test claims a difference at a level of 5 per cent.
func (c cohort) conduct(t *testing.T, number int) (told study) {
	subjects, positive, scores := c.draw(rand.New(rand.NewPCG(1, uint64(number))))
	p, settings := PatientsOf(subjects), Settings{Replicates: 1000, Seed: int64(number), Workers: 1}
	samples := make([]Sample, len(scores))
	for model := range scores {
		samples[model] = Sample{scores[model], positive, p.Of}
	}
	replicates := bootstrap(t, subjects, settings, samples...)
	d, _, err := DeLongOf(scores, positive)
	if err != nil {
		t.Error(err)
		return told
	}
	effective := samples[0].Effective()
	i, _ := OfAUROC(d.AUROC[0], replicates[0], effective)
	told.bootstrap, told.deLong = i.holds(c.truth(0)), d.Interval(0).holds(c.truth(0))
	if len(scores) < 2 {
		return told
	}
	for b, other := range replicates[1] {
		replicates[0][b] -= other
	}
	difference, truth := d.AUROC[0]-d.AUROC[1], c.truth(0)-c.truth(1)
	i, _, _ = OfDifference(difference, replicates[0], effective)
	wide := 1.96 * math.Sqrt(d.Covariance[0][0]+d.Covariance[1][1]-2*d.Covariance[0][1])
	told.difference, told.deLongDifference = i.holds(truth), math.Abs(difference-truth) <= wide
	var ranks [2]Ranks
	for model := range ranks {
		if ranks[model], err = RanksOf(scores[model]); err != nil {
			t.Error(err)
		}
	}
	e := NewExchange(p)
	e.Add(ranks[0], ranks[1], positive, p.Of)
	told.permutation = e.Contributions(p).PermutationP(e.Difference(), e.Permuted(p, int64(number), 999), effective) <= 0.05
	return told
}

func (i Interval) holds(truth float64) bool { return i.Low <= truth && truth <= i.High }

// studies conducts 2,000 of them and returns the shares of what they say.
func (c cohort) studies(t *testing.T) (bootstrap, deLong, difference, deLongDifference, permutation float64) {
	const n = 2000
	told := make([]study, n)
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for number := range told {
		group.Go(func() error {
			told[number] = c.conduct(t, number)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	share := func(of func(study) bool) (share float64) {
		for _, s := range told {
			if of(s) {
				share++
			}
		}
		return share / n
	}
	return share(func(s study) bool { return s.bootstrap }), share(func(s study) bool { return s.deLong }),
		share(func(s study) bool { return s.difference }), share(func(s study) bool { return s.deLongDifference }),
		share(func(s study) bool { return s.permutation })
}

// TestSlowIntervalsCoverTheTruth: of 2,000 studies of patients with four admissions on
// average, 94 to 96 per cent of the bootstrap's intervals hold the true AUROC, and
// DeLong's, for which admissions are independent, far fewer.
func TestSlowIntervalsCoverTheTruth(t *testing.T) {
	for name, c := range map[string]cohort{
		"200 patients, 30 % positive": {patients: 200, share: 0.3, same: 0.7, shifts: []float64{1.2}},
		"200 patients, 10 % positive": {patients: 200, share: 0.1, same: 0.7, shifts: []float64{1.2}},
		"100 patients, 30 % positive": {patients: 100, share: 0.3, same: 0.7, shifts: []float64{1.2}},
	} {
		bootstrap, deLong, _, _, _ := c.studies(t)
		t.Logf("%s: of 2,000 studies the bootstrap over patients covers the truth in %.2f %%, DeLong's interval in %.2f %%", name, 100*bootstrap, 100*deLong)
		if bootstrap < 0.94 || bootstrap > 0.96 {
			t.Errorf("%s: the bootstrap covers the truth in %v of the studies", name, bootstrap)
		}
		if deLong > 0.9 {
			t.Errorf("%s: DeLong's interval covers the truth in %v of the studies: this cohort does not tell it from the bootstrap", name, deLong)
		}
	}
}

// TestSlowDifferencesCoverTheTruth: so it is for the difference of two models. Where
// there is none, the permutation test claims one in 5 per cent of the studies.
func TestSlowDifferencesCoverTheTruth(t *testing.T) {
	for name, c := range map[string]cohort{
		"two models of which one is better": {patients: 200, share: 0.3, same: 0.7, shifts: []float64{1.4, 1.2}, alike: 0.6},
		"two equal models":                  {patients: 200, share: 0.3, same: 0.7, shifts: []float64{1.2, 1.2}, alike: 0.6},
	} {
		_, _, difference, deLong, permutation := c.studies(t)
		t.Logf("%s: of 2,000 studies the bootstrap covers the true difference in %.2f %%, DeLong's interval in %.2f %%; the permutation test claims a difference in %.2f %%", name, 100*difference, 100*deLong, 100*permutation)
		if difference < 0.94 || difference > 0.96 || deLong > 0.9 {
			t.Errorf("%s: the bootstrap covers the true difference in %v of the studies, DeLong's interval in %v", name, difference, deLong)
		}
		if equal := c.shifts[0] == c.shifts[1]; equal && (permutation < 0.04 || permutation > 0.06) || !equal && permutation < 0.06 {
			t.Errorf("%s: the permutation test claims a difference in %v of the studies", name, permutation)
		}
	}
}
