package train

import (
	"fmt"
	"slices"

	"github.com/clinflow/clinflow/internal/exit"
)

// The kinds of labelled tasks, in transformers' words.
const (
	singleLabel = "single_label_classification" // one class a document: softmax
	multiLabel  = "multi_label_classification"  // a set of labels a document: sigmoid
)

// checkLabels refuses labels that the head has no output for.
func checkLabels(rows examples, kind string, numLabels int) error {
	out := func(label int32) bool { return label < 0 || int(label) >= numLabels }
	for _, row := range rows {
		bad := kind == singleLabel && out(row.Label) || kind == multiLabel && slices.ContainsFunc(row.Labels, out)
		if bad {
			return exit.Errorf(exit.BadData, "a label of split %s is outside 0…%d; bind the vocabulary that the labels were numbered by, or set num_labels to their number", row.Split, numLabels-1)
		}
	}
	return nil
}

// classWeights returns n/(classes × count of the class), as scikit-learn's
// compute_class_weight("balanced") does; 0 for a class without examples.
func classWeights(rows examples, classes int) []float64 {
	counts := make([]int, classes)
	for _, row := range rows {
		counts[row.Label]++
	}
	weights := make([]float64, classes)
	for c, n := range counts {
		if n > 0 {
			weights[c] = float64(len(rows)) / (float64(classes) * float64(n))
		}
	}
	return weights
}

// shuffleLabels returns the rows with their labels permuted among them by seed:
// what a model learns from them is chance, so an AUROC away from 0.5 is a leak.
func shuffleLabels(rows examples, seed int64) examples {
	out := slices.Clone(rows)
	for i, from := range hashOrder(fmt.Sprintf("labels:%d:", seed), rows.ids()) {
		out[i].Label, out[i].Labels = rows[from].Label, rows[from].Labels
	}
	return out
}
