package eval

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/guard"
	"github.com/clinflow/clinflow/internal/smallcell"
)

// classResult is one class of a multi-label task.
type classResult struct {
	softmax, sigmoid auroc.Count
	curve            []auroc.Point
	score            ClassScore
}

// measureMultiLabel measures as many classes at a time as room holds scores of, side
// by side, and averages in the order of the classes.
func (s aurocStage) measureMultiLabel(ctx context.Context, e examples, draws *resampling) (*columns, result, error) {
	room := draws.room
	results := make([]classResult, e.classes)
	width := within(room/(cellBytes*int64(e.n)), e.classes)
	c := e.columns(width)
	for first := 0; first < e.classes; first += width {
		if err := c.load(ctx, first, min(width, e.classes-first)); err != nil {
			return nil, result{}, err
		}
		if err := s.measureRun(ctx, c, results[first:], room); err != nil {
			return nil, result{}, err
		}
		if err := draws.add(ctx, c); err != nil {
			return nil, result{}, err
		}
	}
	var softmax, sigmoid auroc.Mean
	var curves [][]auroc.Point
	var positives, negatives int // of the classes that are used
	var classes []ClassScore
	score := TaskScore{N: smallcell.Count(e.n), Measure: s.measures.MultiLabelScore}
	for _, r := range results {
		softmax.Add(r.softmax.AUROC())
		sigmoid.Add(r.sigmoid.AUROC())
		classes = append(classes, r.score)
		score.Positives += smallcell.Count(r.softmax.Positives)
		if _, used := r.softmax.AUROC(); used {
			positives += r.softmax.Positives
			negatives += r.softmax.Negatives
		}
		if r.curve != nil {
			curves = append(curves, r.curve)
		}
	}
	score.Softmax, score.Sigmoid = optional(softmax.Value, softmax.Used > 0), optional(sigmoid.Value, sigmoid.Used > 0)
	score.ClassesUsed, score.ClassesSkipped = softmax.Used, softmax.Skipped
	if score.AUROC = score.Softmax; s.measures.MultiLabelScore == auroc.MeasureSigmoid {
		score.AUROC = score.Sigmoid
	}
	return c, result{Score: score, Curve: auroc.MeanCurve(curves, curveSteps), Classes: classes, fewest: min(positives, negatives)}, nil
}

// measureRun measures the loaded classes.
func (s aurocStage) measureRun(ctx context.Context, c *columns, results []classResult, room int64) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(within(room/workShare/(workBytes*int64(c.n)), runtime.GOMAXPROCS(0)))
	for k := range c.width {
		group.Go(func() error {
			return guard.Do("eval.auroc, task "+c.key.task, func() (err error) {
				if err = ctx.Err(); err == nil {
					results[k], err = s.measureClass(c, k)
				}
				return err
			})
		})
	}
	return group.Wait()
}

// measureClass measures class k of those loaded.
func (s aurocStage) measureClass(c *columns, k int) (classResult, error) {
	positive := c.hasOf(k)
	softmax, err := auroc.RankedOf(c.logits.Share(k), positive)
	if err != nil {
		return classResult{}, err
	}
	sigmoid, err := auroc.RankedOf(c.logits.Column(k), positive)
	if err != nil {
		return classResult{}, err
	}
	r := classResult{softmax: softmax.Count(), sigmoid: sigmoid.Count()}
	counts := softmax
	if s.measures.MultiLabelScore == auroc.MeasureSigmoid {
		counts = sigmoid
	}
	r.score = classScore(counts)
	curve := counts.Curve()
	if curve != nil { // kept on a coarse grid: a task may have a thousand classes
		r.curve = auroc.MeanCurve([][]auroc.Point{curve}, curveSteps)
	}
	return r, nil
}
