package auroc

import "slices"

// Point is a point of a ROC curve.
type Point struct {
	FPR float64 `json:"fpr"`
	TPR float64 `json:"tpr"`
}

// Curve is the ROC curve of a binary problem, as Staircase.Curve has it; scores and
// positive have the same length. It returns ErrNaN where a score is NaN.
func Curve(scores []float64, positive []bool) ([]Point, error) {
	s, err := StaircaseOf(scores, positive)
	return s.Curve(), err
}

// Decimate keeps at most about limit corners of a curve, evenly spaced along it,
// the first and the last among them.
func Decimate(points []Point, limit int) []Point {
	if len(points) <= limit {
		return points
	}
	kept := points[:1:1]
	step := 2 / float64(limit-1) // a ROC curve runs 2 in all, right and up
	for _, p := range points[1 : len(points)-1] {
		if p.FPR+p.TPR >= step*float64(len(kept)) {
			kept = append(kept, p)
		}
	}
	return append(kept, points[len(points)-1])
}

// MeanCurve averages curves vertically: the mean true positive rate at evenly
// spaced false positive rates (Fawcett 2006, Pattern Recognition Letters 27,
// algorithm 4). nil without a curve.
func MeanCurve(curves [][]Point, steps int) []Point {
	if len(curves) == 0 {
		return nil
	}
	mean := make([]Point, 0, steps+2)
	mean = append(mean, Point{})
	for i := range steps + 1 {
		at := Point{FPR: float64(i) / float64(steps)}
		for _, curve := range curves {
			at.TPR += heightAt(curve, at.FPR)
		}
		at.TPR /= float64(len(curves))
		mean = append(mean, at)
	}
	return mean
}

// heightAt is the curve's highest true positive rate at a false positive rate,
// between corners on the straight line.
func heightAt(curve []Point, fpr float64) float64 {
	next, _ := slices.BinarySearchFunc(curve, fpr, func(p Point, fpr float64) int {
		if p.FPR > fpr {
			return 1
		}
		return -1
	})
	before := curve[next-1]
	if next == len(curve) || before.FPR == fpr {
		return before.TPR
	}
	after := curve[next]
	return before.TPR + (after.TPR-before.TPR)*(fpr-before.FPR)/(after.FPR-before.FPR)
}
