package report

import (
	"context"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/eval/compare"
	"github.com/clinflow/clinflow/stages/eval/subgroups"
)

// files are what was left of what the page shows; nil is what was not.
type files struct {
	metrics     eval.Metrics
	curves      eval.Curves
	classes     *eval.Classes
	reliability *eval.Reliability
	compared    *compare.Comparisons
	subgroups   *subgroups.Result
}

func readFiles(ctx context.Context, in stages.Inputs) (f files, err error) {
	measured := in.One("metrics")
	if err := measured.ReadJSON(ctx, eval.MetricsName, &f.metrics); err != nil {
		return f, err
	}
	if err := measured.ReadJSON(ctx, eval.CurvesName, &f.curves); err != nil {
		return f, err
	}
	if f.classes, err = left[eval.Classes](ctx, measured, eval.ClassesName); err != nil {
		return f, err
	}
	if f.reliability, err = left[eval.Reliability](ctx, measured, eval.ReliabilityName); err != nil {
		return f, err
	}
	if f.compared, err = left[compare.Comparisons](ctx, in.One(portCompared), compare.FileName); err != nil {
		return f, err
	}
	f.subgroups, err = left[subgroups.Result](ctx, in.One(portSubgroups), subgroups.FileName)
	return f, err
}

// left reads a file of a dataset, nil where it is not there.
func left[T any](ctx context.Context, d *dataset.Dataset, file string) (*T, error) {
	if d == nil || !d.HasFile(file) {
		return nil, nil
	}
	var value T
	return &value, d.ReadJSON(ctx, file, &value)
}
