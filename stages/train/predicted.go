package train

import (
	"context"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/leakage"
	"github.com/clinflow/clinflow/task"
)

// Predicted are the settings of every stage that leaves predictions.
type Predicted struct {
	Task   string   `json:"task" name:"true" doc:"Name of the task in the predictions, such as mor."`
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
func (p Predicted) write(ctx context.Context, tokens *dataset.Dataset, variant string, logits func(row task.Tokens) ([]float32, error), out *dataset.Writer) error {
	for part := range tokens.Parts() {
		if err := p.part(ctx, tokens, part, variant, logits, out); err != nil {
			return err
		}
	}
	return nil
}

func (p Predicted) part(ctx context.Context, tokens *dataset.Dataset, part int, variant string, logits func(row task.Tokens) ([]float32, error), out *dataset.Writer) error {
	to := out.Part(part)
	defer to.Abort()
	table, err := dataset.Rows[task.Prediction](to, task.TablePredictions)
	if err != nil {
		return err
	}
	for row, err := range dataset.Read[task.Tokens](ctx, tokens, task.TableTokens, part) {
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
		if err := table.Write(p.prediction(row, variant, values)); err != nil {
			return err
		}
	}
	_, err = to.Close()
	return err
}

func (p Predicted) prediction(row task.Tokens, variant string, logits []float32) task.Prediction {
	return task.Prediction{
		ExampleID: row.ExampleID, SubjectID: row.SubjectID, Task: p.Task, Variant: variant,
		Split: row.Split, Label: row.Label, Labels: row.Labels, Logits: logits,
	}
}
