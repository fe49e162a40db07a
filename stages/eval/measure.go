package eval

import (
	"context"
	"math"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/exit"
)

var errClasses = exit.Errorf(exit.BadData, "parts of one task differ in their number of classes; predict them with one model")

// The kinds of tasks, as metrics.json names them.
const (
	KindBinary     = "binary"
	KindMulticlass = "multiclass"
	KindMultiLabel = "multi_label"
)

// The measures of a task that has two, as the configuration and metrics.json
// name them.
const (
	MeasureOvO     = "ovo"
	MeasureOvR     = "ovr"
	MeasureSoftmax = "softmax"
	MeasureSigmoid = "sigmoid"
)

// curvePoints bounds the points of a curve in roc.json; curveSteps is the grid
// of a mean curve.
const (
	curvePoints = 256
	curveSteps  = 100
)

// measure computes a task's AUROC and its ROC curve.
func (s aurocStage) measure(ctx context.Context, t taskBlocks) (TaskScore, []auroc.Point, error) {
	switch b := t.blocks[0]; {
	case b.multiLabel:
		return s.measureMultiLabel(ctx, t)
	case b.classes <= 2:
		return measureBinary(b)
	default:
		return s.measureMulticlass(b)
	}
}

// measureBinary ranks by the difference of the logits: softmax's score of the second
// class rises with it, and float64 does not round it to 1 where logits are large.
// A single logit is the difference itself.
func measureBinary(b block) (TaskScore, []auroc.Point, error) {
	scores, positive := make([]float64, b.n), make([]bool, b.n)
	for i := range scores {
		if scores[i] = b.logit(i, b.classes-1); b.classes == 2 {
			scores[i] -= b.logit(i, 0)
		}
		positive[i] = b.label(i) == 1
	}
	count, err := auroc.Of(scores, positive)
	if err != nil {
		return TaskScore{}, nil, err
	}
	score := TaskScore{Kind: KindBinary, N: b.n, Positives: count.Positives, AUROC: optional(count.AUROC()), ClassesUsed: 1}
	if score.AUROC == nil {
		score.ClassesUsed, score.ClassesSkipped = 0, 1
	}
	curve, err := auroc.Curve(scores, positive)
	return score, auroc.Decimate(curve, curvePoints), err
}

func (s aurocStage) measureMulticlass(b block) (TaskScore, []auroc.Point, error) {
	scores, labels := make([][]float64, b.classes), make([]int32, b.n)
	for k := range scores {
		scores[k] = b.softmax(k)
	}
	counts := make([]int, b.classes)
	for i := range labels {
		labels[i] = b.label(i)
		counts[labels[i]]++
	}
	ovo, err := auroc.OneVsOne(scores, labels)
	if err != nil {
		return TaskScore{}, nil, err
	}
	ovr, err := auroc.OneVsRest(scores, labels)
	if err != nil {
		return TaskScore{}, nil, err
	}
	score := TaskScore{
		Kind: KindMulticlass, N: b.n, Positives: b.n, ClassCounts: counts, Measure: s.config.Multiclass,
		ClassesUsed: ovo.Used, ClassesSkipped: ovo.Skipped,
		OneVsOne: optional(ovo.Value, ovo.Used > 0), OneVsRest: optional(ovr.Value, ovr.Used > 0),
	}
	if score.AUROC = score.OneVsOne; s.config.Multiclass == MeasureOvR {
		score.AUROC, score.ClassesUsed, score.ClassesSkipped = score.OneVsRest, ovr.Used, ovr.Skipped
	}
	var curves [][]auroc.Point
	for k := range scores {
		curve, err := auroc.Curve(scores[k], only(labels, int32(k)))
		if err != nil {
			return TaskScore{}, nil, err
		}
		if curve != nil {
			curves = append(curves, curve)
		}
	}
	return score, auroc.MeanCurve(curves, curveSteps), nil
}

func only(labels []int32, class int32) []bool {
	positive := make([]bool, len(labels))
	for i, label := range labels {
		positive[i] = label == class
	}
	return positive
}

// softmax is the block's class k's share in each row.
func (b block) softmax(k int) []float64 {
	scores := make([]float64, b.n)
	for i := range scores {
		scores[i] = math.Exp(b.logit(i, k) - b.norm(i))
	}
	return scores
}

func optional(value float64, defined bool) *float64 {
	if !defined {
		return nil
	}
	return &value
}
