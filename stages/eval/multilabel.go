package eval

import (
	"context"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages/eval/predictions"
)

// classResult is one class of a multi-label task.
type classResult struct {
	softmax, sigmoid auroc.Count
	curve            []auroc.Point
	score            ClassScore
}

// measureMultiLabel measures as many classes at a time as room holds scores of, side
// by side, and averages in the order of the classes.
func (s aurocStage) measureMultiLabel(ctx context.Context, e predictions.Examples, draws *Resampling) (*predictions.Columns, Result, error) {
	room := draws.Room
	results := make([]classResult, e.Classes)
	width := e.Width(room)
	c := e.Columns(width)
	for first := 0; first < e.Classes; first += width {
		if err := c.Load(ctx, first, min(width, e.Classes-first)); err != nil {
			return nil, Result{}, err
		}
		if err := s.measureRun(ctx, c, results[first:], room); err != nil {
			return nil, Result{}, err
		}
		if err := draws.Add(ctx, c); err != nil {
			return nil, Result{}, err
		}
	}
	var softmax, sigmoid auroc.Mean
	var curves [][]auroc.Point
	var positives, negatives int // of the classes that are used
	var classes []ClassScore
	score := TaskScore{N: smallcell.Count(e.N), Measure: s.measures.MultiLabelScore}
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
	score.Softmax, score.Sigmoid = Optional(softmax.Value, softmax.Used > 0), Optional(sigmoid.Value, sigmoid.Used > 0)
	score.ClassesUsed, score.ClassesSkipped = softmax.Used, softmax.Skipped
	if score.AUROC = score.Softmax; s.measures.MultiLabelScore == auroc.MeasureSigmoid {
		score.AUROC = score.Sigmoid
	}
	return c, Result{Score: score, Curve: auroc.MeanCurve(curves, curveSteps), Classes: classes, Fewest: min(positives, negatives)}, nil
}

// measureRun measures the loaded classes.
func (s aurocStage) measureRun(ctx context.Context, c *predictions.Columns, results []classResult, room int64) error {
	return predictions.SideBySide(ctx, "eval.auroc, task "+c.Key.Task, c.Loaded, c.Workers(room), func(_ context.Context, k int) (err error) {
		results[k], err = s.measureClass(c, k)
		return err
	})
}

// measureClass measures class k of those loaded.
func (s aurocStage) measureClass(c *predictions.Columns, k int) (classResult, error) {
	positive := c.HasOf(k)
	softmax, err := auroc.RankedOf(c.Logits.Share(k), positive)
	if err != nil {
		return classResult{}, err
	}
	sigmoid, err := auroc.RankedOf(c.Logits.Column(k), positive)
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
