package auroc

import "sync"

// Staircase is an ROC curve in whole numbers, from the highest score to the lowest.
// The area under it, what is drawn of it and the pairs that positives win all follow
// from it, so that scores are ordered once.
type Staircase []step

// step goes up by positives and right by negatives. It is of either, at any scores
// between those of its neighbours, or of one score, and then a tie where it has both.
type step struct{ positives, negatives int }

// comparisons are kept from one binary problem to the next: their memory is that of
// the largest.
var comparisons = sync.Pool{New: func() any { return new(comparison) }}

// StaircaseOf orders a binary problem; scores and positive have the same length. It
// returns ErrNaN where a score is NaN.
func StaircaseOf(scores []float64, positive []bool) (Staircase, error) {
	c := comparisons.Get().(*comparison)
	defer comparisons.Put(c)
	rare := 2*count(positive, true) <= len(positive)
	steps, err := c.steps(scores, positive[:len(scores)], rare)
	if err != nil || rare {
		return steps, err
	}
	for i, s := range steps {
		steps[i] = step{positives: s.negatives, negatives: s.positives}
	}
	return steps, nil
}

// Count counts the pairs that positives win.
func (s Staircase) Count() (c Count) {
	for _, step := range s {
		c.Positives += step.positives
		c.Negatives += step.negatives
	}
	below := c.Negatives
	for _, step := range s {
		below -= step.negatives
		c.add(uint64(step.positives), 2*uint64(below)+uint64(step.negatives))
	}
	return c
}

// Curve is the ROC curve's corners from (0, 0) to (1, 1), highest score first: its area
// by trapezoids is the AUROC. nil where it is undefined.
func (s Staircase) Curve() []Point {
	count := s.Count()
	if count.Positives == 0 || count.Negatives == 0 {
		return nil
	}
	points := make([]Point, 1, len(s)+1)
	var tp, fp int
	for _, step := range s {
		tp += step.positives
		fp += step.negatives
		points = append(points, Point{FPR: float64(fp) / float64(count.Negatives), TPR: float64(tp) / float64(count.Positives)})
	}
	return points
}
