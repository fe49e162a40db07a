package eval

import (
	"context"
	"math"
	"slices"

	"github.com/clinflow/clinflow/internal/measures"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages/eval/predictions"
)

// fitted is what val says of a variant.
type fitted struct {
	n           int
	threshold   *float64 // of the logit
	calibration *measures.Calibration
}

// survey is what is to be known of val before anything is fitted on it. A multi-label
// example is as many as there are labels.
type survey struct {
	counts []int   // by class; of a multi-label task of those without a label, and with it
	bound  float64 // the largest difference of an example's logits
}

func newSurvey(r predictions.Rows) *survey {
	if r.MultiLabel {
		return &survey{counts: make([]int, 2)}
	}
	return &survey{counts: make([]int, max(2, r.Classes))}
}

func (s *survey) add(r predictions.Row) {
	if len(s.counts) > 2 {
		s.counts[r.Label]++
		s.bound = max(s.bound, float64(slices.Max(r.Logits))-float64(slices.Min(r.Logits)))
		return
	}
	r.Events(func(logit float64, happened bool) {
		s.bound = max(s.bound, math.Abs(logit))
		if happened {
			s.counts[1]++
		} else {
			s.counts[0]++
		}
	})
}

func (s *survey) merge(other *survey) {
	for i, n := range other.counts {
		s.counts[i] += n
	}
	s.bound = max(s.bound, other.bound)
}

// fit chooses the threshold and fits the calibration on the rows of val. Neither is
// there where fewer than ten examples have a class: that is too few to fit anything on,
// and what is fitted would tell of them.
func fit(ctx context.Context, val predictions.Rows, room int64) (f fitted, err error) {
	f.n = val.N
	s, err := predictions.Scan(ctx, val, func() *survey { return newSurvey(val) }, (*survey).add, (*survey).merge)
	if err != nil || slices.Min(s.counts) < smallcell.Limit {
		return f, err
	}
	if len(s.counts) == 2 {
		ranking, err := ranked(ctx, val, predictions.Row.Events, s.counts[1], s.counts[0], room)
		if err != nil {
			return f, err
		}
		f.threshold = Optional(ranking.HighestF1())
	}
	c, err := measures.Fit(s.counts, s.bound, func(fresh func() *measures.Moments) (*measures.Moments, error) {
		return predictions.Scan(ctx, val, fresh, func(m *measures.Moments, r predictions.Row) {
			if len(s.counts) > 2 {
				m.Add(r.Logits, int(r.Label))
				return
			}
			r.Events(m.AddEvent)
		}, (*measures.Moments).Merge)
	})
	f.calibration = &c
	return f, err
}
