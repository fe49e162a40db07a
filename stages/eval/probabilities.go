package eval

import (
	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/measures"
	"github.com/clinflow/clinflow/internal/smallcell"
)

// Probabilities says how good a task's predicted probabilities are as such: softmax of
// a binary or multiclass task, sigmoid of each label of a multilabel one.
type Probabilities struct {
	// Brier is the mean square of probability less outcome: of a binary task of the
	// positive class, of a multilabel one over all pairs of an example and a label, and of
	// a multiclass one the sum over the classes, from 0 to 2.
	Brier float64 `json:"brier"`
	// ECE is the expected calibration error over ten bins of equal width, of a task with
	// more than two classes the mean over the classes.
	ECE float64 `json:"ece"`
	// MeanPredicted stands beside Prevalence: of the positive class, or over all pairs of
	// an example and a label. A multiclass task has neither.
	MeanPredicted *float64 `json:"mean_predicted,omitempty"`
}

// Calibration is a map of logits that was fitted on val, by logistic regression of the
// outcome on them (docs/evaluation.md): probabilities are softmax(Slope × logits +
// Intercepts), of a label sigmoid(Slope × logit + Intercepts[0]). The ranks of
// examples, and so the AUROC of a binary or multilabel task, are as before.
type Calibration struct {
	Slope      float64         `json:"slope"`
	Intercepts []float64       `json:"intercepts"` // a class each but the first; of a multilabel task one
	N          smallcell.Count `json:"n"`          // examples of val
	After      Probabilities   `json:"after"`
}

// Decisions are what comes of saying yes or no. F1 is of a binary task's positive
// class. Micro and macro F1 are over classes, of a binary task both of its two. Of a
// binary task precision, sensitivity and specificity are of the positive class, of a
// multilabel one over all pairs of an example and a label, and of a multiclass one means
// over the classes that are used. A class that is never predicted has precision 0. Where
// SmallCells is set, some outcome comes one to nine times, and nothing is told.
type Decisions struct {
	Threshold   *float64 `json:"threshold,omitempty"` // of the probability, which is at or above it; absent: see TaskScore
	F1          *float64 `json:"f1,omitempty"`
	F1Micro     *float64 `json:"f1_micro,omitempty"`
	F1Macro     *float64 `json:"f1_macro,omitempty"`
	Precision   *float64 `json:"precision,omitempty"`
	Sensitivity *float64 `json:"sensitivity,omitempty"`
	Specificity *float64 `json:"specificity,omitempty"`
	SmallCells  bool     `json:"small_cells,omitempty"`
}

// probabilities fills in what the judge saw of them, before and after calibration.
func (r *Result) probabilities(j *judge, multiclass, hide bool) {
	probabilities := ProbabilitiesOf(j.raw, multiclass)
	r.Score.Probabilities = &probabilities
	if !multiclass {
		f := all(j.raw)
		r.Score.Prevalence = Optional(f.Prevalence(), true)
	}
	if c := j.of.calibration; c != nil {
		r.Score.Calibration = &Calibration{Slope: c.Slope, Intercepts: c.Intercepts, N: smallcell.Count(j.of.n), After: ProbabilitiesOf(j.calibrated, multiclass)}
	}
	for k := range r.Classes {
		r.Classes[k].MeanPredicted = Optional(j.raw[k].MeanPredicted(), true)
		r.Classes[k].Calibrated = Optional(j.calibrated[k].MeanPredicted(), j.of.calibration != nil)
	}
	r.Reliability = j.reliability(hide)
}

// ProbabilitiesOf are the figures of forecasts by class.
func ProbabilitiesOf(classes []measures.Forecasts, multiclass bool) (p Probabilities) {
	pooled := all(classes)
	if p.Brier = pooled.Brier(); multiclass {
		p.Brier *= float64(len(classes))
	} else {
		p.MeanPredicted = Optional(pooled.MeanPredicted(), true)
	}
	for k := range classes {
		p.ECE += classes[k].ECE() / float64(len(classes))
	}
	return p
}

// decisions fills in what came of them.
func (r *Result) decisions(j *judge, multiclass bool) {
	r.Score.AtHalf, r.rarest.half = decide(j.half, multiclass)
	if t := j.of.threshold; t != nil {
		r.Score.AtThreshold, r.rarest.threshold = decide(j.threshold, multiclass)
		if r.Score.AtThreshold != nil {
			r.Score.AtThreshold.Threshold = Optional(j.before.Sigmoid(*t), true)
		}
	}
}

// decide is what comes of decisions by class, and how often its rarest outcome that
// comes at all does. There is none where no class has examples and others have it not.
func decide(classes []measures.Outcomes, multiclass bool) (*Decisions, int) {
	var pooled measures.Outcomes
	var used []measures.Outcomes
	for _, o := range classes {
		pooled.Merge(o)
		if o.Both() {
			used = append(used, o)
		}
	}
	if len(used) == 0 {
		return nil, 0
	}
	mean := func(measure func(measures.Outcomes) float64) *float64 {
		var m auroc.Mean
		for _, o := range used {
			m.Add(measure(o), true)
		}
		return &m.Value
	}
	d := &Decisions{F1Micro: Optional(pooled.F1(), true), F1Macro: mean(measures.Outcomes.F1)}
	rarest := []int{pooled.TP, pooled.FN, pooled.FP, pooled.TN}
	switch {
	case len(classes) == 1:
		d.F1 = Optional(pooled.F1(), true)
		both := pooled
		both.Merge(pooled.Not())
		d.F1Micro = Optional(both.F1(), true)
		d.F1Macro = Optional((pooled.F1()+pooled.Not().F1())/2, true)
		fallthrough
	case !multiclass:
		used = []measures.Outcomes{pooled}
	default: // who is not of the class that is said is of another
		rarest = rarest[:2]
	}
	d.Precision, d.Sensitivity, d.Specificity = mean(measures.Outcomes.Precision), mean(measures.Outcomes.Sensitivity), mean(measures.Outcomes.Specificity)
	return d, rarestOf(rarest)
}

// rarestOf is the least that is not 0.
func rarestOf(counts []int) int {
	least := 0
	for _, n := range counts {
		if n > 0 && (least == 0 || n < least) {
			least = n
		}
	}
	return least
}

// hideProbabilities takes what few examples would be told by. Decisions of which an
// outcome is rare are not told, others in four digits.
func (r *Result) hideProbabilities() {
	s := &r.Score
	if s.SmallCells {
		s.MicroAUROC, s.WeightedAUROC, s.AUPRC, s.MicroAUPRC, s.WeightedAUPRC, s.Prevalence = nil, nil, nil, nil, nil, nil
		s.Probabilities, s.Calibration, s.AtHalf, s.AtThreshold, r.Reliability = nil, nil, nil, nil, nil
		return
	}
	if s.Calibration != nil {
		s.Calibration.N = smallcell.Of(s.Calibration.N)
	}
	s.AtHalf, s.AtThreshold = s.AtHalf.hide(r.rarest.half), s.AtThreshold.hide(r.rarest.threshold)
}

func (d *Decisions) hide(rarest int) *Decisions {
	if d == nil {
		return nil
	}
	if smallcell.Small(rarest) {
		return &Decisions{SmallCells: true}
	}
	round(fourDigits, &d.F1, &d.F1Micro, &d.F1Macro, &d.Precision, &d.Sensitivity, &d.Specificity)
	return d
}
