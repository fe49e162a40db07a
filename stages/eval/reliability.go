package eval

import "github.com/clinflow/clinflow/internal/smallcell"

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
