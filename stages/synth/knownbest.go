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
	stages.RegisterJob(stages.Spec{
		Name:    "synth.known_best",
		Version: 2,
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

// KnownBestConfig is the configuration of synth.known_best; the labels say what the
// task is.
type KnownBestConfig struct{ split.Overlap }

type knownBest struct{ config KnownBestConfig }

func newKnownBest(_ *stages.Environment, c KnownBestConfig) (stages.Job, error) {
	return knownBest{c}, nil
}

// Check implements stages.Checked.
func (k knownBest) Check(_ context.Context, in stages.Givers) []stages.Fault {
	return examples.Faults(in, k.config.Overlap)
}

// Attributes say of which task the predictions are.
func (k knownBest) Attributes(ctx context.Context, in stages.Inputs) (map[string]any, error) {
	of, err := examples.TaskOf(ctx, in)
	return map[string]any{task.Attribute: of}, err
}

// Run reads the chances once, some 200 bytes an admission, and writes the predictions
// part by part.
func (k knownBest) Run(ctx context.Context, in stages.Inputs, out *dataset.Writer) error {
	of, err := examples.TaskOf(ctx, in)
	if err != nil {
		return err
	}
	logits, err := logitsOf(of)
	if err != nil {
		return err
	}
	truths, err := truthsOf(ctx, in.One("mimic"))
	if err != nil {
		return err
	}
	source, counts := examples.SourceOf(in, k.config.Overlap), examples.Counts{}
	for part := range source.Parts() {
		err := writePart(out.Part(part), func(write func(task.Prediction) error) error {
			for e, err := range source.Part(ctx, part, &counts) {
				if err != nil {
					return err
				}
				truth, known := truths[e.HadmID]
				if !known {
					return exit.Errorf(exit.BadData, "%s has no chances for hadm_id %d; give the tree that the labels come from", tree.FactorsFile, e.HadmID)
				}
				if err := write(e.Prediction(of.Name, "known_best", logits(&truth))); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	counts.Note(out)
	return nil
}

// writePart writes the predictions that fill gives into a part.
func writePart(to *dataset.PartWriter, fill func(write func(task.Prediction) error) error) error {
	defer to.Abort()
	rows, err := dataset.Rows[task.Prediction](to, task.TablePredictions)
	if err != nil {
		return err
	}
	if err := fill(rows.Write); err != nil {
		return err
	}
	_, err = to.Close()
	return err
}

// truthsOf are the chances of the admissions by hadm_id.
func truthsOf(ctx context.Context, files *dataset.Dataset) (map[int64]tree.Truth, error) {
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
		truths[truth.HadmID] = truth
	}
	return truths, nil
}
