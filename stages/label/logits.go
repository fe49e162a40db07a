package label

import (
	"context"
	"math"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/synth"
	"github.com/clinflow/clinflow/internal/vocabulary"
	"github.com/clinflow/clinflow/stages"
)

// logitsOf says how the chances of a task become the logits of a prediction.
func logitsOf(ctx context.Context, task string, in stages.Inputs) (func(*synth.Truth) []float32, error) {
	switch task {
	case "mor":
		return func(t *synth.Truth) []float32 { return []float32{0, logOdds(t.Mor)} }, nil
	case "pmv":
		return func(t *synth.Truth) []float32 { return []float32{0, logOdds(t.Pmv)} }, nil
	case "los":
		return func(t *synth.Truth) []float32 { return logarithms(t.Los[:]) }, nil
	default:
		return codeLogits(ctx, task, in)
	}
}

// codeLogits are the log-odds of the labels of a vocabulary. Admissions have few
// different factors, so each is worked out once.
func codeLogits(ctx context.Context, name string, in stages.Inputs) (func(*synth.Truth) []float32, error) {
	task, known := codeTasks[name]
	if !known {
		return nil, exit.Errorf(exit.Usage, "label.known_best: no task %q, only mor, los, pmv, diag and proc", name)
	}
	v, category, err := task.labelsKnown(ctx, in)
	if err != nil {
		return nil, err
	}
	byFactors := map[synth.Factors][]float32{}
	return func(t *synth.Truth) []float32 {
		if byFactors[t.Factors] == nil {
			chances := t.Factors.CodeChances(task.procedures, category)
			byFactors[t.Factors] = logOddsOf(v.Labels, chances)
		}
		return byFactors[t.Factors]
	}, nil
}

// labelsKnown are the labels of the port vocabulary, and how its recipe makes
// them of codes.
func (t codeTask) labelsKnown(ctx context.Context, in stages.Inputs) (v vocabulary.Vocabulary, c category, err error) {
	d := in.One(portVocabulary)
	if d == nil {
		return v, nil, exit.Errorf(exit.Usage, "label.known_best: task %s needs the input %s; give it the label.vocab step that the examples were made with", t.name, portVocabulary)
	}
	if v, err = vocabulary.Read(ctx, d); err != nil {
		return v, nil, err
	}
	if v.Task != t.name {
		return v, nil, exit.Errorf(exit.BadData, "port %s: %s was made with task %s, this step has %s; give it the label.vocab step with the same task", portVocabulary, d.URI(), v.Task, t.name)
	}
	r, err := recipeNamed(v.Recipe)
	if err != nil {
		return v, nil, exit.Errorf(exit.BadData, "port %s: %s: %s; make it again with label.vocab", portVocabulary, d.URI(), err)
	}
	return v, t.category(r), nil
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
