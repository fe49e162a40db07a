package eval

import (
	"context"
	"math"
	"slices"

	"github.com/clinflow/clinflow/internal/auroc"
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
	counts    []int     // by class; of a multi-label task of those without a label, and with it
	bound     float64   // the largest difference of an example's logits
	positives []float64 // logits of positive examples; none of a multiclass task
}

func (r rows) newSurvey() *survey {
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
		if !happened {
			s.counts[0]++
			return
		}
		s.counts[1]++
		s.positives = append(s.positives, logit)
	})
}

func (s *survey) merge(other *survey) {
	for i, n := range other.counts {
		s.counts[i] += n
	}
	s.bound = max(s.bound, other.bound)
	s.positives = append(s.positives, other.positives...)
}

// fit chooses the threshold and fits the calibration on the rows of val. Neither is
// there where fewer than ten examples have a class: that is too few to fit anything on,
// and what is fitted would tell of them.
func fit(ctx context.Context, val rows) (f fitted, err error) {
	f.n = val.n
	s, err := scan(ctx, val, val.newSurvey, (*survey).add, (*survey).merge)
	if err != nil || slices.Min(s.counts) < smallcell.Limit {
		return f, err
	}
	if len(s.counts) == 2 {
		if f.threshold, err = threshold(ctx, val, s); err != nil {
			return f, err
		}
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

// threshold is the logit that has the highest F1.
func threshold(ctx context.Context, val rows, s *survey) (*float64, error) {
	t, err := scan(ctx, val, auroc.PoolOf(s.positives).Tally, func(t *auroc.Tally, r row) {
		r.events(func(logit float64, happened bool) {
			if !happened {
				t.Add(logit)
			}
		})
	}, (*auroc.Tally).Merge)
	if err != nil {
		return nil, err
	}
	return optional(t.HighestF1()), nil
}

// pooled ranks all pairs of an example and a class as if they were of one class, by the
// scores that AUROC is of.
func (s aurocStage) pooled(ctx context.Context, r rows) (auroc.Staircase, error) {
	positives, err := scan(ctx, r, func() *[]float64 { return new([]float64) }, func(positives *[]float64, r row) {
		s.pairs(r, func(score float64, has bool) {
			if has {
				*positives = append(*positives, score)
			}
		})
	}, func(into, from *[]float64) { *into = append(*into, *from...) })
	if err != nil {
		return nil, err
	}
	t, err := scan(ctx, r, auroc.PoolOf(*positives).Tally, func(t *auroc.Tally, r row) {
		s.pairs(r, func(score float64, has bool) {
			if !has {
				t.Add(score)
			}
		})
	}, (*auroc.Tally).Merge)
	return t.Staircase(), err
}

// pairs visits an example's score of each class.
func (s aurocStage) pairs(r row, visit func(score float64, has bool)) {
	var norm float64
	if r.has == nil || s.measures.MultiLabelScore == auroc.MeasureSoftmax {
		norm = auroc.LogSumExp(r.logits)
	}
	for k, logit := range r.logits {
		visit(float64(logit)-norm, r.has == nil && int(r.label) == k || r.has != nil && r.has[k])
	}
}
