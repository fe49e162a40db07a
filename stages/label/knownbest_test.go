package label_test

import (
	"math"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/shard"
	"github.com/clinflow/clinflow/internal/synth"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
)

func TestKnownBestPredictsTheChancesOutcomesWereDrawnFrom(t *testing.T) {
	mimic, d := ingested(t, "{patients: 800, seed: 13}", 3)
	examples := stagetest.Run(t, "label.mortality", "{}", stages.Inputs{"patients": {d}})
	best := stagetest.Run(t, "label.known_best", "{}", stages.Inputs{"examples": {examples}, "mimic": {mimic}})
	chances := truth(t, mimic)
	predicted := rows[shard.Prediction](t, best, shard.TablePredictions)
	labelled := rows[shard.Example](t, examples, shard.TableExamples)
	if len(predicted) != len(labelled) || len(predicted) < 700 {
		t.Fatalf("%d predictions for %d examples", len(predicted), len(labelled))
	}
	var expected, variance, deaths float64
	for i, p := range predicted {
		e := labelled[i]
		if p.ExampleID != e.ExampleID || p.SubjectID != e.SubjectID || p.Split != e.Split || p.Label != e.Label || p.Task != "mor" || p.Variant != "known_best" {
			t.Fatalf("prediction %d is not of its example: %+v", i, p)
		}
		chance := chances[e.HadmID]
		// Softmax of the logits is the chance again.
		score := 1 / (1 + math.Exp(float64(p.Logits[0])-float64(p.Logits[1])))
		if math.Abs(score-chance) > 1e-6 {
			t.Fatalf("hadm_id %d has score %v, chance %v", e.HadmID, score, chance)
		}
		expected, variance, deaths = expected+chance, variance+chance*(1-chance), deaths+float64(p.Label)
	}
	if math.Abs(deaths-expected) > 4*math.Sqrt(variance) {
		t.Errorf("%v deaths where %v are expected", deaths, expected)
	}
}

func truth(t *testing.T, mimic *shard.Dataset) map[int64]float64 {
	t.Helper()
	file, err := mimic.OpenFile(t.Context(), synth.FactorsFile)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	chances := map[int64]float64{}
	for row, err := range synth.ReadTruth(file) {
		if err != nil {
			t.Fatal(err)
		}
		chances[row.HadmID] = row.Mor
	}
	return chances
}

func TestKnownBestRefusesAnotherTree(t *testing.T) {
	_, d := ingested(t, "{patients: 60, seed: 14}", 2)
	examples := stagetest.Run(t, "label.mortality", "{}", stages.Inputs{"patients": {d}})
	other := stagetest.Run(t, "synth.mimiciv", "{patients: 20, seed: 15}", nil)
	_, err := stagetest.Try(t, "label.known_best", "{}", stages.Inputs{"examples": {examples}, "mimic": {other}})
	if err == nil {
		t.Fatal("no error")
	}
	stagetest.WantCode(t, err, exit.BadData)
}
