package report

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/page"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval"
)

// perplexity is what the adaptation of a language model brought on val.
type perplexity struct{ Step, Before, After, Change, Base string }

// perplexityOf reads what train.pretrain leaves beside its adapter, nil where
// there is none.
func perplexityOf(ctx context.Context, d *dataset.Dataset, logs []*dataset.Dataset) (*perplexity, error) {
	if !d.HasFile(eval.MetricsName) {
		return nil, nil
	}
	var left struct {
		Val *struct{ Before, After *float64 } `json:"val_perplexity"`
	}
	if err := d.ReadJSON(ctx, eval.MetricsName, &left); err != nil || left.Val == nil {
		return nil, err
	}
	p := perplexity{stages.StepName(d), showPerplexity(left.Val.Before), showPerplexity(left.Val.After), dash, baseOf(d, logs)}
	if before, after := left.Val.Before, left.Val.After; before != nil && after != nil && *before > 0 {
		p.Change = signed(100 * (*after / *before - 1))
	}
	return &p, nil
}

func showPerplexity(x *float64) string {
	if x == nil || math.IsInf(*x, 0) {
		return dash
	}
	return strconv.FormatFloat(*x, 'f', 2, 64)
}

// signed shows a change in per cent.
func signed(percent float64) string {
	text := strconv.FormatFloat(percent, 'f', 1, 64) + " %"
	if percent > 0 {
		return "+" + text
	}
	return minus(text)
}

// baseOf says what the base of an adapter had read, as far as the logs tell.
func baseOf(d *dataset.Dataset, logs []*dataset.Dataset) string {
	for _, base := range logs {
		if m := base.Manifest; m.Digest() == d.Manifest.Inputs["base"] {
			return fmt.Sprintf("%s: made by %s of %s sequences of train patients", stages.StepName(base), m.Stage, page.Count(smallcell.Of(m.Counts["train_examples"])))
		}
	}
	return "a model from outside, or one whose log is not given: what it had read is not known here"
}
