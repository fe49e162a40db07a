package train

import (
	"context"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/train/leakage"
	"github.com/clinflow/clinflow/task"
)

// Predicted are the settings of every stage that leaves predictions.
type Predicted struct {
	Splits []string `json:"splits" default:"[\"val\",\"test\"]" doc:"Splits to predict."`
}

func (p Predicted) check() error {
	for _, split := range p.Splits {
		if !slices.Contains(leakage.Splits, split) {
			return exit.Errorf(exit.Usage, "splits: %q is not one of train, val and test", split)
		}
	}
	return nil
}

// write writes the predictions of a variant with parts and rows as in the tokens.
// logits tells those of a row.
func (p Predicted) write(ctx context.Context, from examples.Source, task, variant string, logits func(row examples.Example) ([]float32, error), out *dataset.Writer) error {
	for part := range from.Parts() {
		if err := p.part(ctx, from, part, task, variant, logits, out); err != nil {
			return err
		}
	}
	return nil
}

func (p Predicted) part(ctx context.Context, from examples.Source, part int, name, variant string, logits func(row examples.Example) ([]float32, error), out *dataset.Writer) error {
	to := out.Part(part)
	defer to.Abort()
	table, err := dataset.Rows[task.Prediction](to, task.TablePredictions)
	if err != nil {
		return err
	}
	for row, err := range from.Part(ctx, part, nil) {
		if err != nil {
			return err
		}
		if !slices.Contains(p.Splits, row.Split) {
			continue
		}
		values, err := logits(row)
		if err != nil {
			return err
		}
		err = table.Write(row.Prediction(name, variant, values))
		if err != nil {
			return err
		}
	}
	_, err = to.Close()
	return err
}
