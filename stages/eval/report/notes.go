package report

import (
	"fmt"
	"slices"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/page"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages/eval"
)

// The rows beside the variants.
const (
	baselineName = "bag of words"
	bestName     = "best possible"
)

// fewMark marks an AUROC of few examples.
const fewMark = "‡"

// measureNames are the measures' names for readers.
var measureNames = map[string]string{
	auroc.MeasureOvO:     "one-versus-one",
	auroc.MeasureOvR:     "one-versus-rest",
	auroc.MeasureSoftmax: "softmax",
	auroc.MeasureSigmoid: "sigmoid",
}

// notes say how to read the table.
func (t resultTable) notes(intervals *eval.IntervalSettings) []string {
	notes := []string{"AUROC: in which share of all pairs of a positive and a negative example the positive one has the higher score; a tie counts half. Macro: the mean of the tasks. Bold: better than every other variant by more than chance; where none is, nothing is bold. The marks below the figures run from 0.4 to 1, and the fine line in them is chance, 0.5."}
	if intervals != nil {
		notes = append(notes, fmt.Sprintf("Small figures are %g %% intervals, from %s draws of the patients with all their admissions: of one patient these are not independent.", 100*intervals.Level, page.Count(smallcell.Count(intervals.Replicates))))
	}
	if slices.ContainsFunc(t.Rows, func(r resultRow) bool {
		return slices.ContainsFunc(r.Cells, func(c cell) bool { return c.Mark == fewMark })
	}) {
		notes = append(notes, fewMark+" Fewer than ten examples stand on one side of what is compared, or in a class: rounded to two digits, of at most 100 examples to one, and no curve.")
	}
	if slices.ContainsFunc(t.Rows, func(r resultRow) bool { return r.Cells[len(r.Cells)-1].partial }) {
		notes = append(notes, "A macro average of fewer tasks than the others is marked, and not to be compared with them.")
	}
	for _, row := range t.Rows {
		if row.Beside {
			notes = append(notes, besideNotes[row.Name])
		}
	}
	if t.Best {
		notes = append(notes, "% of best: how far the macro average is from chance (0) to the best possible (100).")
	}
	return append(notes, t.unequal()...)
}

var besideNotes = map[string]string{
	baselineName: "Bag of words: the baseline, a logistic regression on how often a document holds each token, trained on the same train patients. It knows nothing of the tokens' order or meaning: a variant that does not beat it has made nothing of its language model.",
	bestName:     "Best possible: the data are synthetic, so the chances by which the labels were drawn are known. These are the AUROCs of those chances; a model can exceed them by luck only.",
}

// unequal warns of tasks whose rows stand for different examples: their AUROCs
// must not be compared.
func (t resultTable) unequal() []string {
	var warnings []string
	for _, name := range t.Tasks {
		seen := map[[2]smallcell.Count]bool{}
		for _, row := range t.Rows {
			if score, present := row.scores.Tasks[name]; present {
				seen[[2]smallcell.Count{score.N, score.Positives}] = true
			}
		}
		if len(seen) > 1 {
			warnings = append(warnings, "The rows of task "+taskLabel(name)+" were measured on different examples and cannot be compared.")
		}
	}
	return warnings
}

// scoreName says which score of a task is its AUROC.
func scoreName(score eval.TaskScore) string {
	switch name := measureNames[score.Measure]; {
	case name == "":
		return "of the positive class"
	case score.ClassCounts != nil:
		return name + ", on softmax"
	default:
		return name + ", by label over documents"
	}
}
