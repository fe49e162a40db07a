package inference

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Level is the share of studies whose interval holds the truth.
const Level = 0.95

// Interval are two bounds.
type Interval struct{ Low, High float64 }

// standardError is that of the replicates that are defined. The effective number of
// patients widens it, and Student's quantile stands for the normal one, because a
// bootstrap of few is too narrow (Hesterberg 2015, The American Statistician 69, section
// 4.2). It is zero where there is nothing to learn it from.
func standardError(replicates []float64, patients int) float64 {
	var defined []float64
	for _, r := range replicates {
		if !math.IsNaN(r) {
			defined = append(defined, r)
		}
	}
	if len(defined) < 2 || patients < 2 {
		return 0
	}
	n := float64(patients)
	return stat.StdDev(defined, nil) * math.Sqrt(n/(n-1))
}

func student(patients int) distuv.StudentsT {
	return distuv.StudentsT{Sigma: 1, Nu: float64(patients - 1)}
}

// OfAUROC is the interval of an AUROC, or a mean of some, by its bootstrap replicates and
// the effective number of patients. It is symmetric in the logit, in which the AUROC's distribution
// nearly is (Pepe 2003, The Statistical Evaluation of Medical Tests, section 5.2.4), so
// that it stays between 0 and 1. ok is false where no replicate differs.
func OfAUROC(auroc float64, replicates []float64, patients int) (i Interval, ok bool) {
	slope := auroc * (1 - auroc) // of the logistic function there
	e := standardError(replicates, patients)
	if e == 0 || slope <= 0 {
		return Interval{}, false
	}
	logit, wide := math.Log(auroc/(1-auroc)), student(patients).Quantile((1+Level)/2)*e/slope
	logistic := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	return Interval{logistic(logit - wide), logistic(logit + wide)}, true
}

// OfDifference is the interval of a difference of two AUROCs, by the differences in
// replicates of the same draws, and the two-sided p-value that goes with it: below
// 1−Level where the interval does not hold zero. It is cut at −1 and 1. ok is false where no
// replicate differs.
func OfDifference(difference float64, replicates []float64, patients int) (i Interval, p float64, ok bool) {
	e := standardError(replicates, patients)
	if e == 0 {
		return Interval{}, 0, false
	}
	t := student(patients)
	wide := t.Quantile((1+Level)/2) * e
	return Interval{max(-1, difference-wide), min(1, difference+wide)}, 2 * t.CDF(-math.Abs(difference)/e), true
}

// Interval is DeLong's of a model, as it is usually given: normal, cut at 0 and 1.
func (d DeLong) Interval(model int) Interval {
	wide := distuv.UnitNormal.Quantile((1+Level)/2) * math.Sqrt(d.Covariance[model][model])
	return Interval{max(0, d.AUROC[model]-wide), min(1, d.AUROC[model]+wide)}
}
