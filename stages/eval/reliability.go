package eval

import (
	"github.com/clinflow/clinflow/internal/measures"
	"github.com/clinflow/clinflow/internal/smallcell"
)

// ReliabilityName is the file of the reliability curves.
const ReliabilityName = "reliability.json"

// Reliability is reliability.json: whether what is told as one chance in ten comes true
// once in ten times. A binary task has one curve, of its positive class, a multiclass
// task one for each class, and a multilabel task one over all pairs of an example and a
// label. A task with fewer than ten on a side has none.
type Reliability = ByVariant[[]ReliabilityCurve]

// ReliabilityCurve are groups of examples by their predicted probability, lowest first,
// each about a tenth of them. Where small cells are hidden, groups are put together
// until none has one to nine examples with the class, or without it.
type ReliabilityCurve struct {
	Label string           `json:"label,omitempty"` // empty: all labels of a multilabel task
	ECE   float64          `json:"ece"`             // of these examples, over ten bins of equal width
	Bins  []ReliabilityBin `json:"bins"`
	// CalibratedECE is the ECE after calibration, null where there is none.
	CalibratedECE *float64 `json:"calibrated_ece,omitempty"`
}

// ReliabilityBin is a group: how likely the class was thought to be on average, before
// and after calibration, and the share of examples that have it.
type ReliabilityBin struct {
	N             smallcell.Count `json:"n"`
	MeanPredicted float64         `json:"mean_predicted"`
	Calibrated    *float64        `json:"calibrated,omitempty"`
	Observed      float64         `json:"observed"`
}

// groups is about how many a curve has: tenths of the examples.
const groups = 10

// reliability are the curves of what was judged, each with the calibration error of its
// examples.
func (j *judge) reliability(hide bool) []ReliabilityCurve {
	curves := make([]ReliabilityCurve, len(j.curves))
	for i := range curves {
		raw, calibrated := j.raw[i], j.calibrated[i]
		if len(curves) < len(j.raw) {
			raw, calibrated = all(j.raw), all(j.calibrated)
		}
		curves[i].ECE = raw.ECE()
		fitted := j.of.calibration != nil
		curves[i].CalibratedECE = Optional(calibrated.ECE(), fitted)
		for _, g := range j.curves[i].Groups(groups, hide) {
			curves[i].Bins = append(curves[i].Bins, ReliabilityBin{smallcell.Count(g.N), g.MeanPredicted, Optional(g.Mapped, fitted), g.Observed})
		}
	}
	return curves
}

// all are the forecasts of all classes as of one.
func all(classes []measures.Forecasts) (f measures.Forecasts) {
	for k := range classes {
		f.Merge(&classes[k])
	}
	return f
}

// name gives classes and curves the names of their labels. A binary task has a curve of
// its positive class.
func (r *Result) name(labels []string) {
	for k := range r.Classes {
		r.Classes[k].Label = labels[k]
	}
	switch len(r.Reliability) {
	case 0:
	case 1:
		if r.Classes == nil {
			r.Reliability[0].Label = labels[1]
		}
	default:
		for k := range r.Reliability {
			r.Reliability[k].Label = labels[k]
		}
	}
}
