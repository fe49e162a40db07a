package eval

import (
	"context"
	"math"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/guard"
)

var errClasses = exit.Errorf(exit.BadData, "parts of one task differ in their number of classes; predict them with one model")

// The kinds of tasks, as metrics.json names them.
const (
	KindBinary     = "binary"
	KindMulticlass = "multiclass"
	KindMultiLabel = "multi_label"
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
	score := TaskScore{Kind: KindBinary, N: b.n, Positives: count.Positives, AUROC: optional(count.AUROC())}
	curve, err := auroc.Curve(scores, positive)
	return score, auroc.Decimate(curve, curvePoints), err
}

func (s aurocStage) measureMulticlass(b block) (TaskScore, []auroc.Point, error) {
	scores, labels := make([][]float64, b.classes), make([]int32, b.n)
	for k := range scores {
		scores[k] = b.softmax(k)
	}
	for i := range labels {
		labels[i] = b.label(i)
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
		Kind: KindMulticlass, N: b.n, Positives: b.n,
		ClassesUsed: &ovo.Used, ClassesSkipped: &ovo.Skipped,
		OneVsOne: optional(ovo.Value, ovo.Used > 0), OneVsRest: optional(ovr.Value, ovr.Used > 0),
	}
	if score.AUROC = score.OneVsOne; s.config.Multiclass == "ovr" {
		score.AUROC, score.ClassesUsed, score.ClassesSkipped = score.OneVsRest, &ovr.Used, &ovr.Skipped
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

// classResult is one class of a multi-label task.
type classResult struct {
	positives        int
	softmax, sigmoid auroc.Count
	curve            []auroc.Point
}

// measureMultiLabel measures each class by itself, blocks side by side, and averages
// in the order of the classes.
func (s aurocStage) measureMultiLabel(ctx context.Context, t taskBlocks) (TaskScore, []auroc.Point, error) {
	results := make([]classResult, t.blocks[0].classes)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, b := range t.blocks {
		group.Go(func() error {
			return guard.Do("eval.auroc, task "+t.key.task, func() error { return s.measureClasses(ctx, b, results) })
		})
	}
	if err := group.Wait(); err != nil {
		return TaskScore{}, nil, err
	}
	var softmax, sigmoid auroc.Mean
	var curves [][]auroc.Point
	score := TaskScore{Kind: KindMultiLabel, N: t.blocks[0].n}
	for _, r := range results {
		softmax.Add(r.softmax.AUROC())
		sigmoid.Add(r.sigmoid.AUROC())
		score.Positives += r.positives
		if r.curve != nil {
			curves = append(curves, r.curve)
		}
	}
	score.Softmax, score.Sigmoid = optional(softmax.Value, softmax.Used > 0), optional(sigmoid.Value, sigmoid.Used > 0)
	score.ClassesUsed, score.ClassesSkipped = &softmax.Used, &softmax.Skipped
	if score.AUROC = score.Softmax; s.config.MultiLabelScore == "sigmoid" {
		score.AUROC = score.Sigmoid
	}
	return score, auroc.MeanCurve(curves, curveSteps), nil
}

// measureClasses measures a block's classes. The logit stands for its sigmoid: it ranks
// the same and never rounds to 1.
func (s aurocStage) measureClasses(ctx context.Context, b block, results []classResult) error {
	for k := range b.width {
		if err := ctx.Err(); err != nil {
			return err
		}
		r := &results[b.first+k]
		softmax, sigmoid, positive := b.softmax(k), make([]float64, b.n), make([]bool, b.n)
		for i := range b.n {
			sigmoid[i], positive[i] = b.logit(i, k), b.has(i, k)
		}
		var err error
		if r.softmax, err = auroc.Of(softmax, positive); err != nil {
			return err
		}
		if r.sigmoid, err = auroc.Of(sigmoid, positive); err != nil {
			return err
		}
		r.positives = r.softmax.Positives
		headline := softmax
		if s.config.MultiLabelScore == "sigmoid" {
			headline = sigmoid
		}
		curve, err := auroc.Curve(headline, positive)
		if err != nil {
			return err
		}
		if curve != nil { // kept on a coarse grid: a task may have a thousand classes
			r.curve = auroc.MeanCurve([][]auroc.Point{curve}, curveSteps)
		}
	}
	return nil
}

func optional(value float64, defined bool) *float64 {
	if !defined {
		return nil
	}
	return &value
}
