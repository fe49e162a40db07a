package eval

import "github.com/clinflow/clinflow/internal/smallcell"

// Probabilities says how good a task's predicted probabilities are as such: softmax of
// a binary or multiclass task, sigmoid of each label of a multilabel one.
type Probabilities struct {
	// Brier is the mean square of probability less outcome: of a binary task of the
	// positive class, of a multilabel one over all pairs of an example and a label, and of
	// a multiclass one the sum over the classes, from 0 to 2.
	Brier float64 `json:"brier"`
	// ECE is the expected calibration error over ten bins of equal width, of a task with
	// more than two classes the mean over the classes.
	ECE float64 `json:"ece"`
	// MeanPredicted stands beside Prevalence: of the positive class, or over all pairs of
	// an example and a label. A multiclass task has neither.
	MeanPredicted *float64 `json:"mean_predicted,omitempty"`
}

// Calibration is a map of logits that was fitted on val, by logistic regression of the
// outcome on them (docs/evaluation.md): probabilities are softmax(Slope × logits +
// Intercepts), of a label sigmoid(Slope × logit + Intercepts[0]). The ranks of
// examples, and so the AUROC of a binary or multilabel task, are as before.
type Calibration struct {
	Slope      float64         `json:"slope"`
	Intercepts []float64       `json:"intercepts"` // a class each but the first; of a multilabel task one
	N          smallcell.Count `json:"n"`          // examples of val
	After      Probabilities   `json:"after"`
}

// Decisions are what comes of saying yes or no. F1 is of a binary task's positive
// class. Micro and macro F1 are over classes, of a binary task both of its two. Of a
// binary task precision, sensitivity and specificity are of the positive class, of a
// multilabel one over all pairs of an example and a label, and of a multiclass one means
// over the classes that are used. A class that is never predicted has precision 0. Where
// SmallCells is set, some outcome comes one to nine times, and nothing is told.
type Decisions struct {
	Threshold   *float64 `json:"threshold,omitempty"` // of the probability, which is at or above it; absent: see TaskScore
	F1          *float64 `json:"f1,omitempty"`
	F1Micro     *float64 `json:"f1_micro,omitempty"`
	F1Macro     *float64 `json:"f1_macro,omitempty"`
	Precision   *float64 `json:"precision,omitempty"`
	Sensitivity *float64 `json:"sensitivity,omitempty"`
	Specificity *float64 `json:"specificity,omitempty"`
	SmallCells  bool     `json:"small_cells,omitempty"`
}
