package eval

import (
	"context"
	"math"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/smallcell"
)

// curvePoints bounds the points of a curve in roc.json; curveSteps is the grid
// of a mean curve.
const (
	curvePoints = 256
	curveSteps  = 100
)

// result is what is left of a key once it is measured.
type result struct {
	N     int           `json:"n"`
	Score TaskScore     `json:"score"`
	Curve []auroc.Point `json:"curve"`
	// Replicates are those of the AUROC, Effective is for how many patients it counts.
	Replicates replicates `json:"replicates,omitempty"`
	Effective  int        `json:"effective"`

	Classes     []ClassScore       `json:"classes,omitempty"` // none of a binary task
	Reliability []ReliabilityCurve `json:"reliability,omitempty"`

	fewest int                           `json:"-"` // examples on either side of what the AUROC compares
	rarest struct{ half, threshold int } // the rarest outcome of decisions that has one
}

// measure computes a task's AUROC, its interval and its ROC curve, and then what else is told of
// it.
func (s aurocStage) measure(ctx context.Context, e examples) (result, error) {
	room, leave := takeRoom(s.memory)
	defer leave()
	draws := &resampling{Bootstrap: s.config.Bootstrap, measures: s.measures, room: room}
	c, r, err := s.measureColumns(ctx, e, draws)
	if err != nil {
		return result{}, err
	}
	r.Score.Patients = smallcell.Count(len(c.patients.IDs))
	if err := r.bound(c, draws); err != nil {
		return r, err
	}
	err = s.judge(ctx, e, room, &r)
	return r, err
}

// measureColumns measures the columns of a key and draws its replicates.
func (s aurocStage) measureColumns(ctx context.Context, e examples, draws *resampling) (*columns, result, error) {
	if e.multiLabel {
		return s.measureMultiLabel(ctx, e, draws)
	}
	c := e.columns(e.classes)
	err := c.load(ctx, 0, e.classes)
	if err == nil {
		err = draws.add(ctx, c)
	}
	if err != nil {
		return nil, result{}, err
	}
	r, err := measureSingleLabel(c, s.measures)
	return c, r, err
}

// measureSingleLabel measures examples that have one class each.
func measureSingleLabel(c *columns, m auroc.Measures) (result, error) {
	if c.classes <= 2 {
		return measureBinary(c)
	}
	return measureMulticlass(c, m)
}

func measureBinary(c *columns) (result, error) {
	staircase, err := auroc.RankedOf(c.logits.Binary(), auroc.Having(c.labels, 1))
	if err != nil {
		return result{}, err
	}
	count := staircase.Count()
	score := TaskScore{N: smallcell.Count(c.n), Positives: smallcell.Count(count.Positives), AUROC: optional(count.AUROC()), AUPRC: optional(staircase.AveragePrecision()), ClassesUsed: 1}
	if score.AUROC == nil {
		score.ClassesUsed, score.ClassesSkipped = 0, 1
	}
	return result{Score: score, Curve: auroc.Decimate(staircase.Curve(), curvePoints), fewest: min(count.Positives, count.Negatives)}, nil
}

func measureMulticlass(c *columns, m auroc.Measures) (result, error) {
	scores, labels := c.logits.Shares(), c.labels
	counts := make([]smallcell.Count, c.classes)
	for _, label := range labels {
		counts[label]++
	}
	ovo, err := auroc.OneVsOne(scores, labels)
	if err != nil {
		return result{}, err
	}
	ovr, err := auroc.OneVsRest(scores, labels)
	if err != nil {
		return result{}, err
	}
	score := TaskScore{
		N: smallcell.Count(c.n), Positives: smallcell.Count(c.n), ClassCounts: counts, Measure: m.Multiclass,
		ClassesUsed: ovo.Used, ClassesSkipped: ovo.Skipped,
		OneVsOne: optional(ovo.Value, ovo.Used > 0), OneVsRest: optional(ovr.Value, ovr.Used > 0),
	}
	if score.AUROC = score.OneVsOne; m.Multiclass == auroc.MeasureOvR {
		score.AUROC, score.ClassesUsed, score.ClassesSkipped = score.OneVsRest, ovr.Used, ovr.Skipped
	}
	var curves [][]auroc.Point
	var classes []ClassScore
	for k := range scores {
		staircase, err := auroc.RankedOf(scores[k], auroc.Having(labels, int32(k)))
		if err != nil {
			return result{}, err
		}
		classes = append(classes, classScore(staircase))
		if curve := staircase.Curve(); curve != nil {
			curves = append(curves, curve)
		}
	}
	return result{Score: score, Curve: auroc.MeanCurve(curves, curveSteps), Classes: classes, fewest: fewest(counts)}, nil
}

// fewest is the size of the smallest class that has examples.
func fewest(counts []smallcell.Count) int {
	least := math.MaxInt
	for _, n := range counts {
		if n > 0 {
			least = min(least, int(n))
		}
	}
	return least
}

func optional(value float64, defined bool) *float64 {
	if !defined {
		return nil
	}
	return &value
}
