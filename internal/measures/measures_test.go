package measures_test

import (
	"errors"
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/measures"
	"github.com/clinflow/clinflow/internal/smallcell"
)

// A sum is the exact one but for what each number is cut by, whatever the order and the
// signs.
func TestSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOfN(rapid.Float64Range(-2000, 2000), 0, 50).Draw(t, "numbers")
		var sum, parts, other measures.Sum
		exact := new(big.Float).SetPrec(2000)
		for i, x := range numbers {
			sum.Add(x)
			exact.Add(exact, big.NewFloat(x))
			if i%2 == 0 {
				parts.Add(x)
			} else {
				other.Add(x)
			}
		}
		other.Merge(parts)
		if want, _ := exact.Float64(); math.Abs(sum.Value()-want) > 1e-12 {
			t.Errorf("%v, exactly %v", sum.Value(), want)
		}
		if other != sum {
			t.Error("the order shows")
		}
	})
}

// events draws logits, some of them equal, and what happened.
func events(t *rapid.T) (logits []float64, happened []bool) {
	n := rapid.IntRange(1, 80).Draw(t, "n")
	logits = rapid.SliceOfN(rapid.OneOf(rapid.Float64Range(-9, 9), rapid.SampledFrom([]float64{-1, 0, 2})), n, n).Draw(t, "logits")
	return logits, rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "happened")
}

// Average precision and the highest F1 are those of their definitions, of every
// threshold.
func TestRankMeasuresByDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		logits, happened := events(t)
		staircase, err := auroc.RankedOf(logits, happened)
		if err != nil {
			t.Fatal(err)
		}
		thresholds := slices.Compact(slices.Sorted(slices.Values(logits)))
		slices.Reverse(thresholds)
		var ap, recall, best, at float64
		for _, threshold := range thresholds {
			o := outcomesAt(logits, happened, func(x float64) bool { return x >= threshold })
			ap += (o.Sensitivity() - recall) * o.Precision()
			recall = o.Sensitivity()
			if f1 := o.F1(); f1 > best+1e-12 {
				best, at = f1, threshold
			}
		}
		got, defined := staircase.AveragePrecision()
		if _, both := staircase.Count().AUROC(); defined != both || defined && math.Abs(got-ap) > 1e-12 {
			t.Errorf("average precision %v (%v), by definition %v", got, defined, ap)
		}
		if slices.Contains(happened, true) {
			if _, threshold := fitted(t, logits, happened); threshold != at {
				t.Errorf("highest F1 at %v, by definition at %v", threshold, at)
			}
		}
	})
}

// Positives that are held a range at a time, and negatives that are shown to them in
// parts, rank as all at once do, to the last bit.
func TestRankingByRanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		logits, happened := events(t)
		want, _ := auroc.RankedOf(logits, happened)
		var h auroc.Histogram
		positives := 0
		for i, logit := range logits {
			if happened[i] {
				h.Add(logit)
				positives++
			}
		}
		ranges := h.Ranges(rapid.IntRange(1, 30).Draw(t, "most"))
		ranking := auroc.RankingOf(positives, len(logits)-positives)
		for _, scores := range ranges {
			ranking.Add(shown(logits, happened, scores))
		}
		all := auroc.RankingOf(positives, len(logits)-positives)
		all.Add(shown(logits, happened, auroc.All))
		for name, pair := range map[string][2]func() (float64, bool){
			"AUROC":             {ranking.AUROC, want.Count().AUROC},
			"average precision": {ranking.AveragePrecision, want.AveragePrecision},
			"highest F1":        {ranking.HighestF1, all.HighestF1},
		} {
			got, defined := pair[0]()
			wanted, wantedDefined := pair[1]()
			if got != wanted && defined || defined != wantedDefined {
				t.Errorf("%s %v (%v) of %d ranges, %v (%v) of one", name, got, defined, len(ranges), wanted, wantedDefined)
			}
		}
	})
}

// shown are the positives of a range, with its negatives shown in two parts.
func shown(logits []float64, happened []bool, scores auroc.Range) *auroc.Tally {
	var positives []float64
	for i, logit := range logits {
		if happened[i] && scores.Holds(logit) {
			positives = append(positives, logit)
		}
	}
	pool := auroc.PoolOf(positives)
	all, other := pool.Tally(), pool.Tally()
	for i, logit := range logits {
		switch {
		case happened[i] || !scores.Holds(logit):
		case i%2 == 0:
			all.Add(logit)
		default:
			other.Add(logit)
		}
	}
	all.Merge(other)
	return all
}

func TestNaNHasNoRank(t *testing.T) {
	if _, err := auroc.RankedOf([]float64{1, math.NaN()}, []bool{true, false}); !errors.Is(err, auroc.ErrNaN) {
		t.Errorf("error %v", err)
	}
}

// Nothing is measured of no example.
func TestEmpty(t *testing.T) {
	var f measures.Forecasts
	for name, x := range map[string]float64{"Brier": f.Brier(), "ECE": f.ECE(), "mean": f.MeanPredicted(), "prevalence": f.Prevalence()} {
		if !math.IsNaN(x) {
			t.Errorf("%s of no example is %v", name, x)
		}
	}
	var r measures.Reliability
	if groups := r.Groups(10, true); len(groups) != 0 {
		t.Errorf("groups of no example: %v", groups)
	}
	if staircase, err := auroc.RankedOf(nil, nil); err != nil || len(staircase) != 0 {
		t.Errorf("%v, %v", staircase, err)
	}
	ranking := auroc.RankingOf(0, 0)
	ranking.Add(auroc.PoolOf(nil).Tally())
	for name, of := range map[string]func() (float64, bool){"AUROC": ranking.AUROC, "average precision": ranking.AveragePrecision, "threshold": ranking.HighestF1} {
		if _, defined := of(); defined {
			t.Errorf("no example has an %s", name)
		}
	}
}

// Groups hold all examples, about so many in each, and where small cells are hidden
// none that could point at a person, if all examples together do not.
func TestGroups(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 600).Draw(t, "n")
		rate := rapid.Float64Range(0, 1).Draw(t, "rate")
		var r measures.Reliability
		positives, mean := 0, 0.0
		for range n {
			p := rapid.Float64Range(0, 1).Draw(t, "p")
			happened := rapid.Float64Range(0, 1).Draw(t, "u") < rate
			if happened {
				positives++
			}
			mean += p
			r.Add(p, p/2, happened)
		}
		for _, hide := range []bool{false, true} {
			var all, events int
			var sum float64
			for _, g := range r.Groups(10, hide) {
				with := int(math.Round(g.Observed * float64(g.N)))
				small := smallcell.Small(g.N) || smallcell.Small(with) || smallcell.Small(g.N-with)
				if hide && small && g.N < n {
					t.Errorf("a group of %d has %d events", g.N, with)
				}
				if math.Abs(g.Mapped-g.MeanPredicted/2) > 1e-9 {
					t.Errorf("mapped to %v, mean %v", g.Mapped, g.MeanPredicted)
				}
				all, events, sum = all+g.N, events+with, sum+g.MeanPredicted*float64(g.N)
			}
			if all != n || events != positives || math.Abs(sum-mean) > 1e-9 {
				t.Errorf("%d examples, %d events and %v in groups; %d, %d and %v drawn", all, events, sum, n, positives, mean)
			}
		}
		if groups := len(r.Groups(10, false)); groups > 10 || n >= 100 && groups < 8 {
			t.Errorf("%d groups of %d examples", groups, n)
		}
	})
}

// What a calibration is fitted to, two classes or the event of the second, is the same
// map; examples in any order and parts give it to the last bit.
func TestCalibrationOfTwoClassesAndOfAnEvent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		logits, happened := events(t)
		if !slices.Contains(happened, true) || !slices.Contains(happened, false) {
			t.Skip()
		}
		for i, logit := range logits { // float32 holds them, and 1 more
			logits[i] = math.Round(1024*logit) / 1024
		}
		event, _ := fitted(t, logits, happened)
		counts, bound := make([]int, 2), 0.0
		for i, logit := range logits {
			bound = max(bound, math.Abs(logit))
			if happened[i] {
				counts[1]++
			} else {
				counts[0]++
			}
		}
		classes, err := measures.Fit(counts, bound, func(fresh func() *measures.Moments) (*measures.Moments, error) {
			m, other := fresh(), fresh()
			for i := len(logits) - 1; i >= 0; i-- {
				class, into := 0, m
				if happened[i] {
					class = 1
				}
				if i%3 == 0 {
					into = other
				}
				into.Add([]float32{1, float32(1 + logits[i])}, class)
			}
			m.Merge(other)
			return m, nil
		})
		if err != nil || math.Abs(classes.Slope-event.Slope) > 1e-9*(1+event.Slope) || math.Abs(classes.Intercepts[0]-event.Intercepts[0]) > 1e-9*(1+math.Abs(event.Intercepts[0])) {
			t.Errorf("%v of classes (%v), %v of an event", classes, err, event)
		}
		if event.Slope < 0 {
			t.Errorf("slope %v turns ranks round", event.Slope)
		}
	})
}

// A model that ranks val upside down, or not at all, is given the prevalence.
func TestCalibrationOfNoUse(t *testing.T) {
	for name, logit := range map[string]func(happened bool) float64{
		"upside down": func(happened bool) float64 { return map[bool]float64{true: -1, false: 1}[happened] },
		"constant":    func(bool) float64 { return 3 },
		"zero":        func(bool) float64 { return 0 },
	} {
		var logits []float64
		var happened []bool
		for i := range 400 {
			happened = append(happened, i%4 == 0)
			logits = append(logits, logit(i%4 == 0))
		}
		c, _ := fitted(t, logits, happened)
		if p := c.Sigmoid(5); c.Slope != 0 || math.Abs(p-0.25) > 1e-3 {
			t.Errorf("%s: slope %v, probability %v", name, c.Slope, p)
		}
	}
}

// Classes that a logit tells apart, and logits that are very large, have a calibration.
func TestCalibrationIsFinite(t *testing.T) {
	for name, scale := range map[string]float64{"apart": 1, "large": 1e30, "small": 1e-30} {
		var logits []float64
		var happened []bool
		for i := range 200 {
			happened = append(happened, i%2 == 0)
			logits = append(logits, scale*float64(1-2*(i%2)))
		}
		c, _ := fitted(t, logits, happened)
		if p := c.Sigmoid(scale); !(p > 0.95 && p < 1) || math.IsInf(c.Slope, 0) {
			t.Errorf("%s: %v gives %v", name, c, p)
		}
	}
}

// A calibration that is passed an error gives it back.
func TestFitTellsAnError(t *testing.T) {
	broken := errors.New("broken")
	if _, err := measures.Fit([]int{5, 5}, 1, func(func() *measures.Moments) (*measures.Moments, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}
