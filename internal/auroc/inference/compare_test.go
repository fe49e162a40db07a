package inference

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/floats/scalar"
	"pgregory.net/rapid"

	"github.com/clinflow/clinflow/internal/auroc"
)

// DeLong's covariance is that of the plain definition; oracle/delong_golden.py wrote it.
func TestGoldenDeLong(t *testing.T) {
	var golden struct {
		Cases []struct {
			Name       string
			Scores     [][]float64
			Labels     []int
			AUROC      []float64
			Covariance [][]float64
		}
	}
	data, err := os.ReadFile(filepath.Join("testdata", "delong.json"))
	if err == nil {
		err = json.Unmarshal(data, &golden)
	}
	if err != nil || len(golden.Cases) == 0 {
		t.Fatal(len(golden.Cases), err)
	}
	for _, c := range golden.Cases {
		positive := make([]bool, len(c.Labels))
		for i, label := range c.Labels {
			positive[i] = label == 1
		}
		d, ok, err := DeLongOf(c.Scores, positive)
		if !ok || err != nil {
			t.Fatalf("%s: %v %v", c.Name, ok, err)
		}
		if !floats.EqualApprox(d.AUROC, c.AUROC, 1e-12) {
			t.Errorf("%s: AUROC %v, want %v", c.Name, d.AUROC, c.AUROC)
		}
		for i := range c.Covariance {
			if !floats.EqualApprox(d.Covariance[i], c.Covariance[i], 1e-12) {
				t.Errorf("%s: row %d of the covariance is %v, want %v", c.Name, i, d.Covariance[i], c.Covariance[i])
			}
		}
	}
}

// The order of rows shows in no bit.
func TestDeLongOfRowsInAnyOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		_, s := studies(rt)
		order := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0)).Perm(len(s.Scores))
		var turned Sample
		for _, row := range order {
			turned.Scores, turned.Positive = append(turned.Scores, s.Scores[row]), append(turned.Positive, s.Positive[row])
		}
		a, _, err := DeLongOf([][]float64{s.Scores}, s.Positive)
		if err != nil {
			rt.Fatal(err)
		}
		b, _, err := DeLongOf([][]float64{turned.Scores}, turned.Positive)
		if err != nil || fmt.Sprint(a) != fmt.Sprint(b) {
			rt.Fatalf("%v, turned %v: %v", a, b, err)
		}
	})
}

func TestDeLongNeedsTwoOfEach(t *testing.T) {
	if _, ok, err := DeLongOf([][]float64{{1, 2, 3}}, []bool{true, false, false}); ok || err != nil {
		t.Errorf("one positive row has a variance: %v", err)
	}
	if _, _, err := DeLongOf([][]float64{{1, 2, 3, math.NaN()}}, []bool{true, false, true, false}); err != auroc.ErrNaN {
		t.Errorf("error %v", err)
	}
}

// A permuted difference is that of two models that have swapped ranks: counted anew,
// pair by pair, it is the same.
func TestAPermutationSwapsRanks(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		subjects, a := studies(rt)
		n := sides(a.Positive)
		if n[0] == 0 || n[1] == 0 {
			return
		}
		p, other := PatientsOf(subjects), make([]float64, len(a.Scores))
		for row := range other {
			other[row] = 100 * float64(rapid.IntRange(0, 12).Draw(rt, "score of the other"))
		}
		ranks := [2]Ranks{ranksOf(rt, a.Scores), ranksOf(rt, other)}
		e := NewExchange(p)
		e.Add(ranks[0], ranks[1], a.Positive, p.Of)
		if want := aurocOf(rt, a.Scores, a.Positive) - aurocOf(rt, other, a.Positive); !scalar.EqualWithinAbs(e.Difference(), want, 1e-13) {
			rt.Fatalf("the difference is %v, want %v", e.Difference(), want)
		}
		for permutation, got := range e.Permuted(p, 5, 70) {
			var swapped [2][]float64
			for row := range ranks[0] {
				swap := bits64(stream(5, subjects[row], ofSwaps), permutation/lanes) >> (permutation % lanes) & 1
				swapped[0] = append(swapped[0], float64(ranks[swap][row]))
				swapped[1] = append(swapped[1], float64(ranks[1-swap][row]))
			}
			if want := aurocOf(rt, swapped[0], a.Positive) - aurocOf(rt, swapped[1], a.Positive); !scalar.EqualWithinAbs(got, want, 1e-13) {
				rt.Fatalf("permutation %d has %v, want %v", permutation, got, want)
			}
		}
	})
}

func ranksOf(t *rapid.T, scores []float64) Ranks {
	ranks, err := RanksOf(scores)
	if err != nil {
		t.Fatal(err)
	}
	return ranks
}

func aurocOf(t *rapid.T, scores []float64, positive []bool) float64 {
	count, err := auroc.Of(scores, positive)
	if err != nil {
		t.Fatal(err)
	}
	value, _ := count.AUROC()
	return value
}

func TestPermutationPCountsItself(t *testing.T) {
	for _, c := range []struct {
		swaps, influences, permuted []float64
		effective                   int
		want                        float64
	}{
		{[]float64{0.2, 0.1}, []float64{0.1, -0.1}, []float64{0.1, -0.1, 0.1}, 9, 1. / 4},
		{[]float64{0.2, 0.1}, []float64{0.1, -0.1}, []float64{0.1, 0.3, -0.3}, 9, 3. / 4},
		{[]float64{0.2, 0.1}, []float64{5, -5}, []float64{0.1, -0.1, 0.1}, 9, 1}, // by its standard error it is nothing
		{[]float64{0.2, 0.2}, []float64{0, 0}, []float64{0.4, 0}, 9, 2. / 3},     // as certain, both
		{[]float64{0.1, -0.1}, []float64{0.1, -0.1}, []float64{0.2, 0, -0.2}, 9, 1},
		{[]float64{0, 0}, []float64{0, 0}, []float64{0, 0, 0}, 9, 1}, // a model and itself
		{[]float64{0.2, 0.1}, []float64{0.1, -0.1}, []float64{0.1}, 1, 1},
	} {
		by := Contributions{Patients: []int64{1, 2}, Swaps: c.swaps, Influences: c.influences}
		if got := by.PermutationP(c.swaps[0]+c.swaps[1], c.permuted, c.effective); got != c.want {
			t.Errorf("%v among %v: %v, want %v", c.swaps, c.permuted, got, c.want)
		}
	}
}

// Of patients with one row each the influences' squares make DeLong's variance of the
// difference, which an independent implementation holds (TestGoldenDeLong).
func TestInfluencesMakeDeLongsVariance(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		subjects, a := studies(rt)
		n := sides(a.Positive)
		if n[0] < 2 || n[1] < 2 {
			return
		}
		other := make([]float64, len(a.Scores))
		for row := range other {
			subjects[row], other[row] = int64(row), float64(rapid.IntRange(0, 12).Draw(rt, "score of the other"))
		}
		p := PatientsOf(subjects)
		e := NewExchange(p)
		e.Add(ranksOf(rt, a.Scores), ranksOf(rt, other), a.Positive, p.Of)
		d, _, err := DeLongOf([][]float64{a.Scores, other}, a.Positive)
		if err != nil {
			rt.Fatal(err)
		}
		var variance float64
		for row, influence := range e.Contributions(p).Influences {
			own := float64(n[side(a.Positive[row])])
			variance += influence * influence * own / (own - 1)
		}
		if want := d.Covariance[0][0] + d.Covariance[1][1] - 2*d.Covariance[0][1]; !scalar.EqualWithinAbs(variance, want, 1e-12) {
			rt.Fatalf("the variance is %v, want %v", variance, want)
		}
	})
}

// Patients of equal influence count as all of them, those of none not at all.
func TestEffectivePatientsOfAMean(t *testing.T) {
	for want, influences := range map[int][]float64{
		0: make([]float64, 10),
		9: {1, -1, 1, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, // 2·4/(1−4/40) and one
		5: {1, -1, 1, -1},
	} {
		if got := (Contributions{Patients: make([]int64, len(influences)), Influences: influences}).Effective(); got != want {
			t.Errorf("%v: %d, want %d", influences, got, want)
		}
	}
}

// What patients add to a mean is their mean, a patient of one task alone included.
func TestContributionsOfAMean(t *testing.T) {
	mean := MeanContributions([]Contributions{
		{Patients: []int64{1, 4}, Swaps: []float64{0.2, 0.4}, Influences: []float64{-0.2, 0.2}},
		{Patients: []int64{1, 2}, Swaps: []float64{0.6, 0}, Influences: []float64{0.4, -0.4}},
	})
	want := Contributions{Patients: []int64{1, 2, 4}, Swaps: []float64{0.4, 0, 0.2}, Influences: []float64{0.1, -0.2, 0.1}}
	if !slices.Equal(mean.Patients, want.Patients) || !floats.EqualApprox(mean.Swaps, want.Swaps, 1e-15) || !floats.EqualApprox(mean.Influences, want.Influences, 1e-15) {
		t.Errorf("%+v", mean)
	}
}

// Holm's corrected p-values are below a level exactly where his procedure rejects: from
// the smallest on, as long as each is at most the level by the number of those left.
func TestHolmRejectsStepByStep(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Float64Range(0, 1), 1, 30).Draw(t, "p")
		p = append(p, rapid.SliceOf(rapid.Float64Range(0, 0.01)).Draw(t, "small")...)
		level := rapid.Float64Range(0, 0.99).Draw(t, "level")
		sorted := slices.Sorted(slices.Values(p))
		rejected := 0
		for rejected < len(p) && sorted[rejected]*float64(len(p)-rejected) <= level {
			rejected++
		}
		claims := 0
		for i, corrected := range Holm(p) {
			if corrected <= level {
				claims++
			}
			if corrected < p[i] || corrected > 1 {
				t.Fatalf("%v is corrected to %v among %d", p[i], corrected, len(p))
			}
		}
		if claims != rejected {
			t.Fatalf("%d claims, the procedure makes %d", claims, rejected)
		}
	})
}

// The interval and the p-value of a difference say the same.
func TestADifferenceAndItsPValueAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		difference := rapid.Float64Range(-0.2, 0.2).Draw(t, "difference")
		replicates := make([]float64, 200)
		for i := range replicates {
			replicates[i] = difference + random.NormFloat64()/20
		}
		i, p, ok := OfDifference(difference, replicates, rapid.IntRange(2, 1000).Draw(t, "patients"))
		if !ok || (p < 1-Level) != (i.Low > 0 || i.High < 0) || i.Low >= difference || i.High <= difference {
			t.Fatalf("%v in %v has p %v (%v)", difference, i, p, ok)
		}
	})
}

// An interval of an AUROC stays among AUROCs, leaves out replicates without one, and is
// none where nothing varies.
func TestIntervalsOfAUROCs(t *testing.T) {
	wide := []float64{0.98, 1, math.NaN(), 0.97, 0.99}
	i, ok := OfAUROC(0.99, wide, 5)
	if !ok || i.Low <= 0 || i.High >= 1 || i.Low >= 0.99 || i.High <= 0.99 {
		t.Errorf("%v %v", i, ok)
	}
	if same, _ := OfAUROC(0.99, []float64{0.98, 1, 0.97, 0.99}, 5); same != i {
		t.Errorf("a replicate without an AUROC moves the interval: %v, %v", i, same)
	}
	for name, c := range map[string]struct {
		auroc      float64
		replicates []float64
		patients   int
	}{
		"perfect":     {1, []float64{1, 1, 1}, 9},
		"one patient": {0.5, []float64{0.4, 0.6}, 1},
		"undefined":   {0.5, []float64{math.NaN(), 0.5}, 9},
	} {
		if i, ok := OfAUROC(c.auroc, c.replicates, c.patients); ok {
			t.Errorf("%s: %v", name, i)
		}
	}
}
