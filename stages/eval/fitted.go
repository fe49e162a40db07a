package eval

import (
	"context"
	"math"
	"slices"

	"github.com/clinflow/clinflow/internal/measures"
	"github.com/clinflow/clinflow/internal/smallcell"
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

func newSurvey(r rows) *survey {
	if r.multiLabel {
		return &survey{counts: make([]int, 2)}
	}
	return &survey{counts: make([]int, max(2, r.classes))}
}

func (s *survey) add(r row) {
	if len(s.counts) > 2 {
		s.counts[r.label]++
		s.bound = max(s.bound, float64(slices.Max(r.logits))-float64(slices.Min(r.logits)))
		return
	}
	r.events(func(logit float64, happened bool) {
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
func fit(ctx context.Context, val rows, room int64) (f fitted, err error) {
	f.n = val.n
	s, err := scan(ctx, val, func() *survey { return newSurvey(val) }, (*survey).add, (*survey).merge)
	if err != nil || slices.Min(s.counts) < smallcell.Limit {
		return f, err
	}
	if len(s.counts) == 2 {
		ranking, err := ranked(ctx, val, row.events, s.counts[1], s.counts[0], room)
		if err != nil {
			return f, err
		}
		f.threshold = optional(ranking.HighestF1())
	}
	c, err := measures.Fit(s.counts, s.bound, func(fresh func() *measures.Moments) (*measures.Moments, error) {
		return scan(ctx, val, fresh, func(m *measures.Moments, r row) {
			if len(s.counts) > 2 {
				m.Add(r.logits, int(r.label))
				return
			}
			r.events(m.AddEvent)
		}, (*measures.Moments).Merge)
	})
	f.calibration = &c
	return f, err
}
