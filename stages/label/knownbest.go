package label

import (
	"context"
	"math"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/shard"
	"github.com/clinflow/clinflow/internal/synth"
	"github.com/clinflow/clinflow/stages"
)

func init() {
	stages.RegisterMap(stages.Spec{
		Name:    "label.known_best",
		Version: 1,
		Doc: "Predicts mortality of synthetic admissions by the probabilities that their outcomes were drawn from, so that the best possible AUROC is known. " +
			"The logits are 0 and the log-odds of death.",
		In: []stages.Port{
			{Name: "examples", Kind: shard.KindExamples, Sharded: true, Tables: []string{shard.TableExamples}, Doc: "the examples of label.mortality"},
			{Name: "mimic", Kind: shard.KindMIMIC, Doc: "the synthetic tree that the examples come from"},
		},
		Out: stages.Output{Kind: shard.KindPredictions, Tables: []string{shard.TablePredictions}},
	}, func(KnownBestConfig) (stages.Map, error) { return knownBest{}, nil })
}

// KnownBestConfig is the configuration of label.known_best: it has none.
type KnownBestConfig struct{}

type knownBest struct{}

// Part writes the predictions of a part.
func (knownBest) Part(ctx context.Context, in stages.Inputs, part int, out *shard.PartWriter) error {
	examples := in.One("examples")
	chances, err := chancesOfPart(ctx, in.One("mimic"), part, examples.Parts())
	if err != nil {
		return err
	}
	rows, err := shard.Rows[shard.Prediction](out, shard.TablePredictions)
	if err != nil {
		return err
	}
	for e, err := range shard.Read[shard.Example](ctx, examples, shard.TableExamples, part) {
		if err != nil {
			return err
		}
		p, known := chances[e.HadmID]
		if !known || p <= 0 || p >= 1 {
			return exit.Errorf(exit.BadData, "%s has no chance of death for hadm_id %d; give the tree that the examples come from", synth.FactorsFile, e.HadmID)
		}
		if err := rows.Write(prediction(e, p)); err != nil {
			return err
		}
	}
	return nil
}

func prediction(e shard.Example, p float64) shard.Prediction {
	return shard.Prediction{
		ExampleID: e.ExampleID, SubjectID: e.SubjectID, Task: "mor", Variant: "known_best",
		Split: e.Split, Label: e.Label, Logits: []float32{0, float32(math.Log(p / (1 - p)))},
	}
}

// chancesOfPart are the chances of death of the admissions that fall into a
// part, by hadm_id.
func chancesOfPart(ctx context.Context, mimic *shard.Dataset, part, parts int) (map[int64]float64, error) {
	file, err := mimic.OpenFile(ctx, synth.FactorsFile)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	chances := map[int64]float64{}
	for truth, err := range synth.ReadTruth(file) {
		if err != nil {
			return nil, err
		}
		if shard.PartOf(truth.SubjectID, parts) == part {
			chances[truth.HadmID] = truth.Mor
		}
	}
	return chances, nil
}
