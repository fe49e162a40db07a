package eval

import (
	"math"

	"github.com/clinflow/clinflow/internal/smallcell"
)

// hide takes from a score the counts that could point at a person, and the curve where
// it is of few examples: it is a staircase that tells their number. So does an AUROC in
// all its digits, a fraction of their pairs.
func (r *Result) hide() {
	s := &r.Score
	switch {
	case s.Measure == "": // binary: the negatives are told by the other two
		s.Positives = smallcell.Parts([]smallcell.Count{s.Positives, s.N - s.Positives})[0]
	case s.ClassCounts != nil:
		s.ClassCounts = smallcell.Parts(s.ClassCounts)
		s.Positives = smallcell.Of(s.Positives)
	default:
		s.Positives = smallcell.Of(s.Positives)
	}
	r.hideClasses(r.N)
	s.N, s.Patients = smallcell.Of(s.N), PatientsOf(int(s.Patients), r.N)
	s.SmallCells = smallcell.Small(r.Fewest)
	r.hideProbabilities()
	if !s.SmallCells {
		s.Interval = s.Interval.Hide(s.AUROC, r.Bounded, nil)
		return
	}
	r.coarsen()
}

// coarsen leaves what is told of ranks of few examples.
func (r *Result) coarsen() {
	s, digits := &r.Score, Coarse(r.N)
	s.Interval = s.Interval.Hide(s.AUROC, r.Bounded, digits)
	s.DeLong = s.DeLong.Hide(s.AUROC, r.Bounded && s.Measure == "", digits)
	r.Curve = nil
	round(digits, &s.AUROC, &s.OneVsOne, &s.OneVsRest, &s.Softmax, &s.Sigmoid)
}

// PatientsOf tells the patients of so many examples, unless few of these are of a patient
// who has another.
func PatientsOf(patients, examples int) smallcell.Count {
	if !smallcell.Small(patients) && smallcell.Small(examples-patients) {
		return smallcell.Above
	}
	return smallcell.Of(patients)
}

// round leaves so many digits of the values that are there.
func round(digits func(float64) float64, values ...**float64) {
	for _, value := range values {
		if *value != nil {
			*value = Optional(digits(**value), true)
		}
	}
}

func threeDigits(x float64) float64 { return math.Round(1e3*x) / 1e3 }

func fourDigits(x float64) float64 { return math.Round(1e4*x) / 1e4 }
