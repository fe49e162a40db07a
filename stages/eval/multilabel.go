package eval

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/guard"
)

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
	score := TaskScore{Kind: KindMultiLabel, N: t.blocks[0].n, Measure: s.config.MultiLabelScore}
	for _, r := range results {
		softmax.Add(r.softmax.AUROC())
		sigmoid.Add(r.sigmoid.AUROC())
		score.Positives += r.positives
		if r.curve != nil {
			curves = append(curves, r.curve)
		}
	}
	score.Softmax, score.Sigmoid = optional(softmax.Value, softmax.Used > 0), optional(sigmoid.Value, sigmoid.Used > 0)
	score.ClassesUsed, score.ClassesSkipped = softmax.Used, softmax.Skipped
	if score.AUROC = score.Softmax; s.config.MultiLabelScore == MeasureSigmoid {
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
		if s.config.MultiLabelScore == MeasureSigmoid {
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
