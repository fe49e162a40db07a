package eval

import (
	"context"
	"math"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages/eval/predictions"
)

// curvePoints bounds the points of a curve in roc.json; curveSteps is the grid
// of a mean curve.
const (
	curvePoints = 256
	curveSteps  = 100
)

// Result is what is left of a key once it is measured.
type Result struct {
	N        int           `json:"n"`
	Patients int           `json:"patients"`
	Score    TaskScore     `json:"score"`
	Curve    []auroc.Point `json:"curve"`
	// Replicates are those of the AUROC, Effective is for how many patients it counts.
	Replicates Drawn `json:"replicates,omitempty"`
	Effective  int   `json:"effective"`

	Classes     []ClassScore       `json:"classes,omitempty"` // none of a binary task
	Reliability []ReliabilityCurve `json:"reliability,omitempty"`

	Bounded bool                          `json:"bounded"` // intervals were asked for, and there is an AUROC
	Fewest  int                           `json:"-"`       // examples on either side of what the AUROC compares
	rarest  struct{ half, threshold int } // the rarest outcome of decisions that has one
}

// measure computes a task's AUROC, its interval and its ROC curve, and then what else is told of
// it.
func (s aurocStage) measure(ctx context.Context, e predictions.Examples) (Result, error) {
	room, leave := predictions.TakeRoom(s.memory)
	defer leave()
	draws := &Resampling{Bootstrap: s.config.Bootstrap, Measures: s.measures, Room: room}
	c, r, err := s.measureColumns(ctx, e, draws)
	if err != nil {
		return Result{}, err
	}
	r.Patients = len(c.Patients.IDs)
	r.Score.Patients = smallcell.Count(r.Patients)
	if err := r.bound(c, draws); err != nil {
		return r, err
	}
	err = s.judge(ctx, e, room, &r)
	return r, err
}

// measureColumns measures the columns of a key and draws its replicates.
func (s aurocStage) measureColumns(ctx context.Context, e predictions.Examples, draws *Resampling) (*predictions.Columns, Result, error) {
	if e.MultiLabel {
		return s.measureMultiLabel(ctx, e, draws)
	}
	c := e.Columns(e.Classes)
	err := c.Load(ctx, 0, e.Classes)
	if err == nil {
		err = draws.Add(ctx, c)
	}
	if err != nil {
		return nil, Result{}, err
	}
	r, err := MeasureSingleLabel(c, s.measures)
	return c, r, err
}

// MeasureSingleLabel measures examples that have one class each.
func MeasureSingleLabel(c *predictions.Columns, m auroc.Measures) (Result, error) {
	if c.Classes <= 2 {
		return measureBinary(c)
	}
	return measureMulticlass(c, m)
}

func measureBinary(c *predictions.Columns) (Result, error) {
	staircase, err := auroc.RankedOf(c.Logits.Binary(), auroc.Having(c.Labels, 1))
	if err != nil {
		return Result{}, err
	}
	count := staircase.Count()
	score := TaskScore{N: smallcell.Count(c.N), Positives: smallcell.Count(count.Positives), AUROC: Optional(count.AUROC()), AUPRC: Optional(staircase.AveragePrecision()), ClassesUsed: 1}
	if score.AUROC == nil {
		score.ClassesUsed, score.ClassesSkipped = 0, 1
	}
	return Result{Score: score, Curve: auroc.Decimate(staircase.Curve(), curvePoints), Fewest: min(count.Positives, count.Negatives)}, nil
}

func measureMulticlass(c *predictions.Columns, m auroc.Measures) (Result, error) {
	scores, labels := c.Logits.Shares(), c.Labels
	counts := make([]smallcell.Count, c.Classes)
	for _, label := range labels {
		counts[label]++
	}
	ovo, err := auroc.OneVsOne(scores, labels)
	if err != nil {
		return Result{}, err
	}
	ovr, err := auroc.OneVsRest(scores, labels)
	if err != nil {
		return Result{}, err
	}
	score := TaskScore{
		N: smallcell.Count(c.N), Positives: smallcell.Count(c.N), ClassCounts: counts, Measure: m.Multiclass,
		ClassesUsed: ovo.Used, ClassesSkipped: ovo.Skipped,
		OneVsOne: Optional(ovo.Value, ovo.Used > 0), OneVsRest: Optional(ovr.Value, ovr.Used > 0),
	}
	if score.AUROC = score.OneVsOne; m.Multiclass == auroc.MeasureOvR {
		score.AUROC, score.ClassesUsed, score.ClassesSkipped = score.OneVsRest, ovr.Used, ovr.Skipped
	}
	var curves [][]auroc.Point
	var classes []ClassScore
	for k := range scores {
		staircase, err := auroc.RankedOf(scores[k], auroc.Having(labels, int32(k)))
		if err != nil {
			return Result{}, err
		}
		classes = append(classes, classScore(staircase))
		if curve := staircase.Curve(); curve != nil {
			curves = append(curves, curve)
		}
	}
	return Result{Score: score, Curve: auroc.MeanCurve(curves, curveSteps), Classes: classes, Fewest: fewest(counts)}, nil
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

// Optional is nil where a value is not defined, which JSON tells as null or leaves out.
func Optional(value float64, defined bool) *float64 {
	if !defined {
		return nil
	}
	return &value
}
