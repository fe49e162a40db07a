package synth

import (
	"context"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	tree "github.com/clinflow/clinflow/internal/synth"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/task"
)

func init() {
	stages.RegisterMap(stages.Spec{
		Name:    "synth.known_best",
		Version: 1,
		Doc: "Predicts a task on synthetic admissions by the probabilities that their outcomes were drawn from, so that the best possible AUROC is known. " +
			"It predicts the examples that a model with the same tokens, labels and split predicts, of all splits. " +
			"The logits are 0 and the log-odds for mor and pmv, the logarithms of the four classes' probabilities for los, and each label's log-odds for diag and proc.",
		In: []stages.Port{
			examples.TokensPort, examples.LabelsPort, split.Port,
			{Name: "mimic", Kind: mimic.KindFiles, Doc: "The synthetic tree that the labels come from."},
		},
		Out: stages.Output{Kind: task.KindPredictions, Tables: []string{task.TablePredictions}},
	}, newKnownBest)
}

// KnownBestConfig is the configuration of synth.known_best, which has nothing to
// choose: the labels say what the task is.
type KnownBestConfig struct{}

type knownBest struct{}

func newKnownBest(*stages.Environment, KnownBestConfig) (stages.Map, error) {
	return knownBest{}, nil
}

// Attributes say of which task the predictions are.
func (knownBest) Attributes(_ context.Context, in stages.Inputs) (map[string]any, error) {
	of, err := examples.TaskOf(in)
	return map[string]any{task.Attribute: of}, err
}

// Part writes the predictions of a part.
func (knownBest) Part(ctx context.Context, in stages.Inputs, part int, out *dataset.PartWriter) error {
	of, err := examples.TaskOf(in)
	if err != nil {
		return err
	}
	logits, err := logitsOf(ctx, of)
	if err != nil {
		return err
	}
	source := examples.SourceOf(in)
	truths, err := truthsOfPart(ctx, in.One("mimic"), part, source.Parts())
	if err != nil {
		return err
	}
	rows, err := dataset.Rows[task.Prediction](out, task.TablePredictions)
	if err != nil {
		return err
	}
	for e, err := range source.Part(ctx, part, nil) {
		if err != nil {
			return err
		}
		truth, known := truths[e.HadmID]
		if !known {
			return exit.Errorf(exit.BadData, "%s has no chances for hadm_id %d; give the tree that the labels come from", tree.FactorsFile, e.HadmID)
		}
		if err := rows.Write(prediction(of, e, logits(&truth))); err != nil {
			return err
		}
	}
	return nil
}

func prediction(of task.Task, e examples.Example, logits []float32) task.Prediction {
	return task.Prediction{
		ExampleID: e.ExampleID, SubjectID: e.SubjectID, Task: of.Name, Variant: "known_best",
		Split: e.Split, Label: e.Label, Labels: e.Labels, Logits: logits,
	}
}

// truthsOfPart are the chances of the admissions that fall into a part, by
// hadm_id.
func truthsOfPart(ctx context.Context, files *dataset.Dataset, part, parts int) (map[int64]tree.Truth, error) {
	file, err := files.OpenFile(ctx, tree.FactorsFile)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	truths := map[int64]tree.Truth{}
	for truth, err := range tree.ReadTruth(file) {
		if err != nil {
			return nil, err
		}
		if mimic.PartOf(truth.SubjectID, parts) == part {
			truths[truth.HadmID] = truth
		}
	}
	return truths, nil
}
