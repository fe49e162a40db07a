package train

import (
	"cmp"
	"context"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/train/leakage"
	"github.com/clinflow/clinflow/task"
)

// Labelled are the settings of every stage that learns from labels.
type Labelled struct {
	ClassWeights  string `json:"class_weights" default:"balanced" enum:"balanced,none" doc:"balanced: a class weighs n/(classes × its count in train). Not for multilabel tasks."`
	ShuffleLabels bool   `json:"shuffle_labels" default:"false" doc:"Permute the labels of what is learned or selected from by seed: a check for leaks, the AUROC on test must be 0.5."`
}

// weights are the classes' weights, nil where all weigh the same.
func (l Labelled) weights(of task.Task, rows examples.Rows) []float64 {
	if of.Multilabel() || l.ClassWeights != "balanced" {
		return nil
	}
	return rows.ClassWeights(of.NumLabels())
}

// readSplits reads the examples of the wanted splits after the guard has passed all
// examples and what the models under the stage were trained on.
func readSplits(ctx context.Context, from examples.Source, under leakage.Ancestry, wanted ...string) (map[string]examples.Rows, examples.Counts, error) {
	shared, err := split.Shared(ctx, from.Split)
	if err != nil {
		return nil, examples.Counts{}, err
	}
	guard := leakage.Guard{Under: under, Shared: shared}
	splits, counts, err := from.Read(ctx, guard.See, wanted...)
	if err := cmp.Or(err, counts.Unmet(from.URI())); err != nil {
		return nil, counts, err
	}
	return splits, counts, guard.Verdict(from.URI())
}

// Predicted are the settings of every stage that leaves predictions.
type Predicted struct {
	Splits []string `json:"splits" default:"[\"val\",\"test\"]" doc:"Splits to predict."`
}

func (p Predicted) check() error {
	for _, name := range p.Splits {
		if !slices.Contains(split.Names, name) {
			return exit.Errorf(exit.Usage, "splits: %q is not one of train, val and test", name)
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
