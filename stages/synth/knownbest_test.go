package synth_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	tree "github.com/clinflow/clinflow/internal/synth"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

func TestKnownBestPredictsTheChancesOutcomesWereDrawnFrom(t *testing.T) {
	files, d := ingested(t, "{patients: 800, seed: 13}", 3)
	examples := stagetest.Run(t, "label.mortality", "{}", stages.Inputs{"patients": {d}})
	best := stagetest.Run(t, "synth.known_best", "{}", stages.Inputs{"examples": {examples}, "mimic": {files}})
	chances := truth(t, files)
	predicted := rows[task.Prediction](t, best, task.TablePredictions)
	labelled := rows[task.Example](t, examples, task.TableExamples)
	if len(predicted) != len(labelled) || len(predicted) < 700 {
		t.Fatalf("%d predictions for %d examples", len(predicted), len(labelled))
	}
	var expected, variance, deaths float64
	for i, p := range predicted {
		e := labelled[i]
		if p.ExampleID != e.ExampleID || p.SubjectID != e.SubjectID || p.Split != e.Split || p.Label != e.Label || p.Task != "mor" || p.Variant != "known_best" {
			t.Fatalf("prediction %d is not of its example: %+v", i, p)
		}
		chance := chances[e.HadmID].Mor
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

func truth(t *testing.T, files *dataset.Dataset) map[int64]tree.Truth {
	t.Helper()
	file, err := files.OpenFile(t.Context(), tree.FactorsFile)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	truths := map[int64]tree.Truth{}
	for row, err := range tree.ReadTruth(file) {
		if err != nil {
			t.Fatal(err)
		}
		truths[row.HadmID] = row
	}
	return truths
}

// known is a task with its examples on a synthetic tree, and what is predicted.
type known struct {
	examples    []task.Example
	predictions []task.Prediction
	truths      map[int64]tree.Truth
}

func bestOf(t *testing.T, name, stage string, files *dataset.Dataset, in stages.Inputs) known {
	t.Helper()
	examples := stagetest.Run(t, stage, "{}", in)
	best := stages.Inputs{"examples": {examples}, "mimic": {files}, "vocabulary": in["vocabulary"]}
	k := known{
		rows[task.Example](t, examples, task.TableExamples),
		rows[task.Prediction](t, stagetest.Run(t, "synth.known_best", "{task: "+name+"}", best), task.TablePredictions), truth(t, files),
	}
	if len(k.predictions) != len(k.examples) || len(k.examples) < 100 {
		t.Fatalf("%s: %d predictions for %d examples", name, len(k.predictions), len(k.examples))
	}
	for i, p := range k.predictions {
		e := k.examples[i]
		if p.ExampleID != e.ExampleID || p.Split != e.Split || p.Label != e.Label || !slices.Equal(p.Labels, e.Labels) || p.Task != name || p.Variant != "known_best" {
			t.Fatalf("prediction %d is not of its example: %+v", i, p)
		}
	}
	return k
}

// Each task's logits give its chances back, and outcomes come as often as the
// chances say.
func TestKnownBestOfEachTask(t *testing.T) {
	files, d := ingested(t, "{patients: 1000, radiology_per_admission: 0, seed: 16}", 2)
	in := stages.Inputs{"patients": {d}}

	var classes [4]tested
	k := bestOf(t, "los", "label.length_of_stay", files, in)
	for i, p := range k.predictions {
		chances := k.truths[k.examples[i].HadmID].Los
		for class, logit := range p.Logits {
			classes[class].see(t, math.Exp(float64(logit)), chances[class], p.Label == int32(class))
		}
	}
	for class := range classes {
		classes[class].end(t, "los")
	}

	var prolonged tested
	k = bestOf(t, "pmv", "label.ventilation", files, in)
	for i, p := range k.predictions {
		odds := math.Exp(float64(p.Logits[1] - p.Logits[0]))
		prolonged.see(t, odds/(1+odds), k.truths[k.examples[i].HadmID].Pmv, p.Label == 1)
	}
	prolonged.end(t, "pmv")

	for task, stage := range map[string]string{"diag": "label.diagnoses", "proc": "label.procedures"} {
		vocab := stagetest.Run(t, "label.vocab", "{min_count: 5, task: "+task+"}", in)
		k := bestOf(t, task, stage, files, stages.Inputs{"patients": {d}, "vocabulary": {vocab}})
		checkCodes(t, task, k, labelsIn(t, vocab))
	}
}

// checkCodes takes the categories of the native codes by another way than the
// stage. How often a label comes is compared over both ICD versions and all
// labels: the chances leave out that later admissions have more ICD-10, and that
// admissions without a code are no examples.
func checkCodes(t *testing.T, task string, k known, labels []string) {
	t.Helper()
	category := func(version int, code string) string {
		characters := 3
		if task == "diag" && version == 9 && code[0] == 'E' {
			characters++
		}
		return fmt.Sprintf("%d:%.*s", version, characters, code)
	}
	expected, pairs := 0.0, 0.0
	for i, p := range k.predictions[:100] {
		chances := k.truths[k.examples[i].HadmID].Factors.CodeChances(task == "proc", category)
		for n, label := range labels {
			if got := 1 / (1 + math.Exp(-float64(p.Logits[n]))); math.Abs(got-chances[label]) > 1e-6 {
				t.Fatalf("%s: label %s has score %v, chance %v", task, label, got, chances[label])
			}
		}
	}
	for _, p := range k.predictions {
		pairs += float64(len(p.Labels))
		for _, logit := range p.Logits {
			expected += 1 / (1 + math.Exp(-float64(logit)))
		}
	}
	if len(labels) < 20 || math.Abs(pairs/expected-1) > 0.1 {
		t.Errorf("%s: %v pairs where about %v are expected of %d labels", task, pairs, expected, len(labels))
	}
}

// tested compares what comes with its chances.
type tested struct{ came, expected, variance float64 }

func (s *tested) see(t *testing.T, score, chance float64, came bool) {
	t.Helper()
	if math.Abs(score-chance) > 1e-6 {
		t.Fatalf("score %v, chance %v", score, chance)
	}
	s.expected += chance
	s.variance += chance * (1 - chance)
	if came {
		s.came++
	}
}

// end allows four standard deviations.
func (s *tested) end(t *testing.T, task string) {
	t.Helper()
	if math.Abs(s.came-s.expected) > 4*math.Sqrt(s.variance) {
		t.Errorf("%s: %v where %v are expected", task, s.came, s.expected)
	}
}

func TestKnownBestRefusesAnotherTree(t *testing.T) {
	_, d := ingested(t, "{patients: 60, seed: 14}", 2)
	examples := stagetest.Run(t, "label.mortality", "{}", stages.Inputs{"patients": {d}})
	other := stagetest.Run(t, "synth.mimiciv", "{patients: 20, seed: 15}", nil)
	_, err := stagetest.Try(t, "synth.known_best", "{}", stages.Inputs{"examples": {examples}, "mimic": {other}})
	if err == nil {
		t.Fatal("no error")
	}
	stagetest.WantCode(t, err, exit.BadData)
}

func TestKnownBestNeedsTheVocabularyOfItsTask(t *testing.T) {
	files, d := ingested(t, "{patients: 20, radiology_per_admission: 0, seed: 17}", 1)
	in := stages.Inputs{"patients": {d}, "vocabulary": {bound(t, listed("10:ZZZ", "9:428"))}}
	best := stages.Inputs{"examples": {stagetest.Run(t, "label.diagnoses", "{}", in)}, "mimic": {files}}
	wantRefusal(t, exit.Usage, "synth.known_best", "{task: diag}", best, "vocabulary", "label.vocab")
	best["vocabulary"] = in["vocabulary"]
	wantRefusal(t, exit.BadData, "synth.known_best", "{task: proc}", best, "port vocabulary", "task diag", "has proc")
	another := listed("9:428")
	another.Recipe = "of another program"
	unknown := stages.Inputs{"examples": best["examples"], "mimic": {files}, "vocabulary": {bound(t, another)}}
	wantRefusal(t, exit.BadData, "synth.known_best", "{task: diag}", unknown, "no recipe", "clinical")
	// A label that the synthetic data cannot have is all but impossible.
	for _, p := range rows[task.Prediction](t, stagetest.Run(t, "synth.known_best", "{task: diag}", best), task.TablePredictions) {
		if impossible := p.Logits[0]; math.Abs(float64(impossible)-math.Log(1e-9)) > 1e-3 || p.Logits[1] < -10 {
			t.Fatalf("logits %v", p.Logits)
		}
	}
}
