package synth

import (
	"context"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	tree "github.com/clinflow/clinflow/internal/synth"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/task"
)

func init() {
	stages.RegisterMap(stages.Spec{
		Name:    "synth.known_best",
		Version: 1,
		Doc: "Predicts a task on synthetic admissions by the probabilities that their outcomes were drawn from, so that the best possible AUROC is known. " +
			"The logits are 0 and the log-odds for mor and pmv, the logarithms of the four classes' probabilities for los, and each label's log-odds for diag and proc.",
		In: []stages.Port{
			{Name: "examples", Kind: task.KindExamples, Sharded: true, Tables: []string{task.TableExamples}, Doc: "the examples of the task"},
			{Name: "mimic", Kind: mimic.KindFiles, Doc: "the synthetic tree that the examples come from"},
			{Name: portVocabulary, Kind: task.KindVocabulary, Optional: true, Doc: "the labels that the examples were made with; diag and proc need it"},
		},
		Out: stages.Output{Kind: task.KindPredictions, Tables: []string{task.TablePredictions}},
	}, newKnownBest)
}

const portVocabulary = "vocabulary"

// KnownBestConfig is the configuration of synth.known_best.
type KnownBestConfig struct {
	Task string `json:"task" default:"mor" enum:"mor,los,pmv,diag,proc" doc:"the task that the examples are of"`
}

type knownBest struct{ task string }

func newKnownBest(_ *stages.Environment, config KnownBestConfig) (stages.Map, error) {
	return knownBest{config.Task}, nil
}

// Task is what the predictions are of.
func (k knownBest) Task(of stages.Task) stages.Task {
	if of.Name != "" {
		of.Name = k.task
	}
	return of
}

// Check compares the task with that of the examples.
func (k knownBest) Check(_ context.Context, in stages.Givers) []stages.Fault {
	return in.Task("examples").CheckName("task", k.task)
}

// Part writes the predictions of a part.
func (k knownBest) Part(ctx context.Context, in stages.Inputs, part int, out *dataset.PartWriter) error {
	examples := in.One("examples")
	logits, err := logitsOf(ctx, k.task, in)
	if err != nil {
		return err
	}
	truths, err := truthsOfPart(ctx, in.One("mimic"), part, examples.Parts())
	if err != nil {
		return err
	}
	rows, err := dataset.Rows[task.Prediction](out, task.TablePredictions)
	if err != nil {
		return err
	}
	for e, err := range dataset.Read[task.Example](ctx, examples, task.TableExamples, part) {
		if err != nil {
			return err
		}
		truth, known := truths[e.HadmID]
		if !known {
			return exit.Errorf(exit.BadData, "%s has no chances for hadm_id %d; give the tree that the examples come from", tree.FactorsFile, e.HadmID)
		}
		if err := rows.Write(k.prediction(e, logits(&truth))); err != nil {
			return err
		}
	}
	return nil
}

func (k knownBest) prediction(e task.Example, logits []float32) task.Prediction {
	return task.Prediction{
		ExampleID: e.ExampleID, SubjectID: e.SubjectID, Task: k.task, Variant: "known_best",
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
