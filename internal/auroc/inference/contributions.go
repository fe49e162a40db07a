package inference

import (
	"math"
	"slices"
)

// Contributions are what each patient adds to a difference of two models' AUROCs, or to a
// mean of such.
type Contributions struct {
	Patients []int64 // ascending, each once
	// Swaps add up to the difference; where a patient's ranks are swapped his changes its
	// sign (Exchange).
	Swaps []float64
	// Influences add up to zero: by how much the difference rests on a patient, rows
	// less the difference, of the placements that rows have in their own model (Obuchowski
	// 1997, Biometrics 53).
	Influences []float64
}

// MeanContributions are those of the mean of differences. A patient who is not in one of
// them adds nothing there.
func MeanContributions(all []Contributions) (mean Contributions) {
	for _, c := range all {
		mean.Patients = append(mean.Patients, c.Patients...)
	}
	slices.Sort(mean.Patients)
	mean.Patients = slices.Compact(mean.Patients)
	mean.Swaps, mean.Influences = make([]float64, len(mean.Patients)), make([]float64, len(mean.Patients))
	for _, c := range all {
		for i, id := range c.Patients {
			at, _ := slices.BinarySearch(mean.Patients, id)
			mean.Swaps[at] += c.Swaps[i] / float64(len(all))
			mean.Influences[at] += c.Influences[i] / float64(len(all))
		}
	}
	return mean
}

// PermutationP is the two-sided p-value of a difference among permuted ones: the larger of
// that of the differences, and of each by its standard error. For where two models rank alike, or of distributions of two
// shapes, permuted differences do not spread as the difference does; by its standard
// error it is about normal as they are by theirs (Janssen 1997, Statistics & Probability
// Letters 36; Chung and Romano 2013, Annals of Statistics 41). And where few patients are
// on a side, the standard error is not known well, but differences spread alike. That of the
// difference is over patients, whose influences are as uncertain as if each of an effective number
// had his own part taken out (MacKinnon and White 1985, Journal of Econometrics 29, HC3).
// A permuted one's is that of its signed swaps. The p-value counts the difference itself,
// so that it is never zero (Phipson and Smyth 2010, Statistical Applications in Genetics and
// Molecular Biology 9), and is 1 where a single patient is on a side. What differs by
// rounding alone is as large.
func (c Contributions) PermutationP(difference float64, permuted []float64, effective int) float64 {
	const rounding = 1e-9 // of squares
	if effective < 2 {
		return 1
	}
	shrink := 1 - 1/float64(effective)
	variance, squares, n := sumOfSquares(c.Influences)/(shrink*shrink), sumOfSquares(c.Swaps), float64(len(c.Patients))
	observed := difference * difference
	larger, surer := 1, 1
	for _, d := range permuted {
		if d*d >= observed*(1-rounding) {
			larger++
		}
		if d*d*variance >= observed*(max(0, squares-d*d/n)-rounding*squares) {
			surer++
		}
	}
	return float64(max(larger, surer)) / float64(len(permuted)+1)
}

// Effective is how many patients a mean of differences rests on, to the variance that their
// influences tell: one more than its degrees of freedom, twice the square of the estimate by
// its own variance (Satterthwaite 1946, Biometrics Bulletin 2), which the influences'
// fourth powers tell. A task with few positive ones among others matters as much as it
// weighs, and tasks in which the same patients matter count once. It is 0 where all
// influences are zero.
func (c Contributions) Effective() int {
	n, squares := float64(len(c.Patients)), sumOfSquares(c.Influences)
	var fourth float64
	for _, v := range c.Influences {
		fourth += v * v * v * v
	}
	if squares == 0 {
		return 0
	}
	spread := max(fourth-squares*squares/n, 2*squares*squares/n) // of n there are no more than n
	return 1 + int(2*squares*squares/spread)
}

func sumOfSquares(values []float64) (sum float64) {
	for _, v := range values {
		sum += v * v
	}
	return sum
}

// Contributions are those of the problems that were counted in.
func (e *Exchange) Contributions(p Patients) Contributions {
	c := Contributions{Patients: p.IDs, Swaps: slices.Clone(e.shares), Influences: slices.Clone(e.influences)}
	for _, values := range [][]float64{c.Swaps, c.Influences} {
		for i := range values {
			values[i] /= math.Max(1, float64(e.problems))
		}
	}
	return c
}
