// Package examples is what a model is trained and judged on: tokens joined with
// labels and splits.
package examples

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/task"
)

// Example is one text of a patient. InputIDs is unpadded, [n_tokens]. Label is the
// class of a binary or multiclass task, Labels are the labels of a multilabel one,
// ascending; both are empty for a language model.
type Example struct {
	ExampleID string
	SubjectID int64
	HadmID    int64  // 0 where the text belongs to no admission
	Split     string // train, val or test
	InputIDs  []int32
	NTokens   int32 // of the text, also where InputIDs stands for something else
	Label     int32
	Labels    []int32
	// Starts are where the documents begin in InputIDs that hold several, ascending from 0;
	// nil: they are one text.
	Starts []int32
	// Context are the first tokens of InputIDs that stand there for the others alone: a
	// language model does not predict them.
	Context int
}

// Prediction is a variant's answer for the example, with the logits [classes].
func (e Example) Prediction(of, variant string, logits []float32) task.Prediction {
	return task.Prediction{
		ExampleID: e.ExampleID, SubjectID: e.SubjectID, Task: of, Variant: variant,
		Split: e.Split, Label: e.Label, Labels: e.Labels, Logits: logits,
	}
}

// Rows are examples in an order of their own.
type Rows []Example

// IDs are the examples' ids.
func (r Rows) IDs() []string {
	ids := make([]string, len(r))
	for i, row := range r {
		ids[i] = row.ExampleID
	}
	return ids
}

// Documents are the examples' input_ids.
func (r Rows) Documents() [][]int32 {
	documents := make([][]int32, len(r))
	for i, row := range r {
		documents[i] = row.InputIDs
	}
	return documents
}

// Lengths are the examples' numbers of input_ids.
func (r Rows) Lengths() []int {
	lengths := make([]int, len(r))
	for i, row := range r {
		lengths[i] = len(row.InputIDs)
	}
	return lengths
}

// Longest is the largest number of input_ids, 0 where there is no example.
func (r Rows) Longest() int { return slices.Max(append(r.Lengths(), 0)) }

// HashOrder returns the indices of ids ordered by the hash of salt and id. It depends
// on nothing else, so neither the order of parts nor their number moves an example.
func HashOrder(salt string, ids []string) []int {
	keys := make([]uint64, len(ids))
	order := make([]int, len(ids))
	for i, id := range ids {
		keys[i], order[i] = xxhash.Sum64String(salt+id), i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(keys[a], keys[b]), cmp.Compare(ids[a], ids[b]))
	})
	return order
}

// Sample is at most n of the examples, all where n is 0: the first by the hash of
// their ids.
func (r Rows) Sample(n int, seed int64) Rows {
	if n == 0 || n >= len(r) {
		return r
	}
	chosen := make(Rows, n)
	for i, at := range HashOrder(fmt.Sprintf("max_val:%d:", seed), r.IDs())[:n] {
		chosen[i] = r[at]
	}
	return chosen
}

// CheckLabels refuses labels that a task of so many labels does not have.
func (r Rows) CheckLabels(multilabel bool, numLabels int) error {
	unknown := func(label int32) bool { return label < 0 || int(label) >= numLabels }
	for _, row := range r {
		if !multilabel && unknown(row.Label) || multilabel && slices.ContainsFunc(row.Labels, unknown) {
			return exit.Errorf(exit.BadData, "a label of split %s is outside 0…%d, the labels that the task has; make the labels again", row.Split, numLabels-1)
		}
	}
	return nil
}

// ClassWeights returns n/(classes × count of the class), [classes], as scikit-learn's
// compute_class_weight("balanced") does; 0 for a class without examples.
func (r Rows) ClassWeights(classes int) []float64 {
	counts := make([]int, classes)
	for _, row := range r {
		counts[row.Label]++
	}
	weights := make([]float64, classes)
	for c, n := range counts {
		if n > 0 {
			weights[c] = float64(len(r)) / (float64(classes) * float64(n))
		}
	}
	return weights
}

// ShuffleLabels returns the examples with their labels permuted among them by seed:
// what a model learns from them is chance, so an AUROC away from 0.5 is a leak.
func (r Rows) ShuffleLabels(seed int64) Rows {
	out := slices.Clone(r)
	for i, from := range HashOrder(fmt.Sprintf("labels:%d:", seed), r.IDs()) {
		out[i].Label, out[i].Labels = r[from].Label, r[from].Labels
	}
	return out
}
