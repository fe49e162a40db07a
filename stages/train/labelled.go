package train

import (
	"context"

	"github.com/clinflow/clinflow/stages/examples"
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
	guard := leakage.Guard{Under: under}
	splits, counts, err := from.Read(ctx, guard.See, wanted...)
	if err != nil {
		return nil, counts, err
	}
	return splits, counts, guard.Verdict(from.URI())
}
