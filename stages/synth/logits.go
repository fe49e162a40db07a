package synth

import (
	"math"

	"github.com/clinflow/clinflow/internal/exit"
	tree "github.com/clinflow/clinflow/internal/synth"
	"github.com/clinflow/clinflow/stages/recipe"
	"github.com/clinflow/clinflow/task"
)

// logitsOf says how the chances of an admission become the logits of a prediction,
// [labels of the task].
func logitsOf(of task.Task) (func(*tree.Truth) []float32, error) {
	switch of.Name {
	case "mor":
		return func(t *tree.Truth) []float32 { return []float32{0, logOdds(t.Mor)} }, nil
	case "pmv":
		return func(t *tree.Truth) []float32 { return []float32{0, logOdds(t.Pmv)} }, nil
	case "los":
		return func(t *tree.Truth) []float32 { return logarithms(t.Los[:]) }, nil
	case "diag", "proc":
		return codeLogits(of)
	default:
		return nil, exit.Errorf(exit.Usage, "synth.known_best: synthetic data have no chances of the task %s, only of mor, los, pmv, diag and proc", of.Name)
	}
}

// codeLogits are the log-odds of the labels of a task of codes. Admissions have few
// different factors, so each is worked out once.
func codeLogits(of task.Task) (func(*tree.Truth) []float32, error) {
	config, err := recipe.Named(of.Recipe)
	var r recipe.Recipe
	if err == nil {
		r, err = config.New()
	}
	if err != nil {
		return nil, exit.Errorf(exit.BadData, "synth.known_best: %s; make the labels of %s again", err, of.Name)
	}
	procedures := of.Name == "proc"
	category := r.Diagnosis
	if procedures {
		category = r.Procedure
	}
	byFactors := map[tree.Factors][]float32{}
	return func(t *tree.Truth) []float32 {
		if byFactors[t.Factors] == nil {
			chances := t.Factors.CodeChances(procedures, category)
			byFactors[t.Factors] = logOddsOf(of.Labels, chances)
		}
		return byFactors[t.Factors]
	}, nil
}

// leastChance stands for chances of 0: for labels that the synthetic data cannot
// have, and for what rounding takes below 0. Logits must be finite.
const leastChance = 1e-9

func clamp(p float64) float64 { return min(max(p, leastChance), 1-leastChance) }

func logOdds(p float64) float32 {
	p = clamp(p)
	return float32(math.Log(p / (1 - p)))
}

func logOddsOf(labels []string, chances map[string]float64) []float32 {
	logits := make([]float32, len(labels))
	for i, label := range labels {
		logits[i] = logOdds(chances[label])
	}
	return logits
}

func logarithms(chances []float64) []float32 {
	logits := make([]float32, len(chances))
	for i, p := range chances {
		logits[i] = float32(math.Log(clamp(p)))
	}
	return logits
}
