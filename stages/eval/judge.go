package eval

import (
	"context"

	"github.com/clinflow/clinflow/internal/measures"
	"github.com/clinflow/clinflow/stages/eval/predictions"
)

// judge holds what a pass over the measured examples makes of their probabilities and
// of decisions, by class: a binary task has one, the positive.
type judge struct {
	of     fitted
	before measures.Calibration // leaves probabilities as they are

	raw, calibrated []measures.Forecasts
	half, threshold []measures.Outcomes
	curves          []measures.Reliability // of a multi-label task one over all labels
	p, q            []float64              // of the example at hand
}

func (f fitted) judge(r predictions.Rows) *judge {
	classes := r.Classes
	if classes <= 2 && !r.MultiLabel {
		classes = 1
	}
	curves := classes
	if r.MultiLabel {
		curves = 1
	}
	return &judge{
		of: f, before: measures.Identity(max(2, classes)), raw: make([]measures.Forecasts, classes), calibrated: make([]measures.Forecasts, classes),
		half: make([]measures.Outcomes, classes), threshold: make([]measures.Outcomes, classes), curves: make([]measures.Reliability, curves),
		p: make([]float64, classes), q: make([]float64, classes),
	}
}

func (j *judge) add(r predictions.Row) {
	if r.Has == nil && len(j.raw) > 1 {
		j.classes(r)
		return
	}
	k := 0
	r.Events(func(logit float64, happened bool) {
		p := j.before.Sigmoid(logit)
		q := p
		if c := j.of.calibration; c != nil {
			q = c.Sigmoid(logit)
		}
		j.forecast(k, p, q, happened)
		j.half[k].Add(logit > 0, happened)
		if t := j.of.threshold; t != nil {
			j.threshold[k].Add(logit >= *t, happened)
		}
		k++
	})
}

// classes adds an example of a multiclass task.
func (j *judge) classes(r predictions.Row) {
	j.before.Softmax(r.Logits, j.p)
	copy(j.q, j.p)
	if c := j.of.calibration; c != nil {
		c.Softmax(r.Logits, j.q)
	}
	likeliest := 0
	for k, logit := range r.Logits {
		if logit > r.Logits[likeliest] {
			likeliest = k
		}
	}
	for k := range j.p {
		j.forecast(k, j.p[k], j.q[k], int(r.Label) == k)
		j.half[k].Add(likeliest == k, int(r.Label) == k)
	}
}

func (j *judge) forecast(k int, p, q float64, happened bool) {
	j.raw[k].Add(p, happened)
	if j.of.calibration != nil {
		j.calibrated[k].Add(q, happened)
	}
	j.curves[min(k, len(j.curves)-1)].Add(p, q, happened)
}

func (j *judge) merge(other *judge) {
	for k := range j.raw {
		j.raw[k].Merge(&other.raw[k])
		j.calibrated[k].Merge(&other.calibrated[k])
		j.half[k].Merge(other.half[k])
		j.threshold[k].Merge(other.threshold[k])
	}
	for i := range j.curves {
		j.curves[i].Merge(&other.curves[i])
	}
}

// judge fills a result with what is not of ranks alone.
func (s aurocStage) judge(ctx context.Context, e predictions.Examples, room int64, r *Result) error {
	of := fitted{}
	if val := e.Val(); val.N > 0 {
		rows, err := val.Open(ctx, room)
		if err != nil {
			return err
		}
		if of, err = fit(ctx, rows, room); err != nil {
			return err
		}
	}
	rows, err := e.Open(ctx, room)
	if err != nil {
		return err
	}
	j, err := predictions.Scan(ctx, rows, func() *judge { return of.judge(rows) }, (*judge).add, (*judge).merge)
	if err != nil {
		return err
	}
	multiclass := r.Score.ClassCounts != nil
	r.probabilities(j, multiclass, s.hides())
	r.decisions(j, multiclass)
	if len(r.Classes) == 0 {
		return nil
	}
	r.weigh()
	positives := int(r.Score.Positives)
	pairs, err := ranked(ctx, rows, s.pairs, positives, e.N*e.Classes-positives, room)
	if err != nil {
		return err
	}
	r.Score.MicroAUROC, r.Score.MicroAUPRC = Optional(pairs.AUROC()), Optional(pairs.AveragePrecision())
	return nil
}
