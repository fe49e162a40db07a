package synth

import (
	"context"
	"math"

	"github.com/clinflow/clinflow/internal/exit"
	tree "github.com/clinflow/clinflow/internal/synth"
	"github.com/clinflow/clinflow/internal/vocabulary"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/label/before"
)

// logitsOf says how the chances of a task become the logits of a prediction.
func logitsOf(ctx context.Context, task string, in stages.Inputs) (func(*tree.Truth) []float32, error) {
	switch task {
	case "mor":
		return func(t *tree.Truth) []float32 { return []float32{0, logOdds(t.Mor)} }, nil
	case "pmv":
		return func(t *tree.Truth) []float32 { return []float32{0, logOdds(t.Pmv)} }, nil
	case "los":
		return func(t *tree.Truth) []float32 { return logarithms(t.Los[:]) }, nil
	default:
		return codeLogits(ctx, task, in)
	}
}

// codeLogits are the log-odds of the labels of a vocabulary. Admissions have few
// different factors, so each is worked out once.
func codeLogits(ctx context.Context, task string, in stages.Inputs) (func(*tree.Truth) []float32, error) {
	v, labelOf, err := labelsOf(ctx, task, in)
	if err != nil {
		return nil, err
	}
	byFactors := map[tree.Factors][]float32{}
	return func(t *tree.Truth) []float32 {
		if byFactors[t.Factors] == nil {
			chances := t.Factors.CodeChances(task == "proc", labelOf)
			byFactors[t.Factors] = logOddsOf(v.Labels, chances)
		}
		return byFactors[t.Factors]
	}, nil
}

// labelsOf are the labels of the port vocabulary, and which of them a code falls
// under by its recipe.
func labelsOf(ctx context.Context, task string, in stages.Inputs) (v vocabulary.Vocabulary, labelOf before.Category, err error) {
	d := in.One(portVocabulary)
	if d == nil {
		return v, nil, exit.Errorf(exit.Usage, "synth.known_best: task %s needs the input %s; give it the label.vocab step that the examples were made with", task, portVocabulary)
	}
	if v, err = vocabulary.Read(ctx, d); err != nil {
		return v, nil, err
	}
	if v.Task != task {
		return v, nil, exit.Errorf(exit.BadData, "port %s: %s was made with task %s, this step has %s; give it the label.vocab step with the same task", portVocabulary, d.URI(), v.Task, task)
	}
	if labelOf, err = before.CategoryOf(task, v.Recipe); err != nil {
		return v, nil, exit.Errorf(exit.BadData, "port %s: %s: %s; make it again with label.vocab", portVocabulary, d.URI(), err)
	}
	return v, labelOf, nil
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
