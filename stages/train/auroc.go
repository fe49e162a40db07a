package train

import (
	"cmp"
	"math"
	"slices"
)

// auroc is the macro mean over the labels that val holds both with and without,
// nil where there is none. Of two classes the second is the positive one.
func (o classifier) auroc(rows examples, logits [][]float32) *float64 {
	first := 0
	if o.kind == singleLabel && o.numLabels == 2 {
		first = 1
	}
	var sum float64
	var n int
	for label := first; label < o.numLabels; label++ {
		if a, ok := rankAUROC(o.scores(logits, label), func(i int) bool { return o.withLabel(rows, i, label) }); ok {
			sum, n = sum+a, n+1
		}
	}
	if n == 0 {
		return nil
	}
	mean := sum / float64(n)
	return &mean
}

// scores rank the rows for one label: the class's softmax, or the logit of a
// label of its own, which ranks as its sigmoid does.
func (o classifier) scores(logits [][]float32, label int) []float64 {
	out := make([]float64, len(logits))
	for i, row := range logits {
		if out[i] = float64(row[label]); o.kind == singleLabel {
			out[i] -= logSumExp(row)
		}
	}
	return out
}

func logSumExp(row []float32) float64 {
	top := float64(slices.Max(row))
	var sum float64
	for _, v := range row {
		sum += math.Exp(float64(v) - top)
	}
	return top + math.Log(sum)
}

// rankAUROC is the probability that a positive scores above a negative, ties
// counting half (Mann–Whitney), in whole half-pairs and one division.
func rankAUROC(scores []float64, positive func(i int) bool) (float64, bool) {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(scores[a], scores[b]) })
	var below, positives, halfPairs int64
	for lo := 0; lo < len(order); {
		hi := lo
		var pos, neg int64
		for ; hi < len(order) && scores[order[hi]] == scores[order[lo]]; hi++ {
			if positive(order[hi]) {
				pos++
			} else {
				neg++
			}
		}
		halfPairs += pos * (2*below + neg)
		below, positives, lo = below+neg, positives+pos, hi
	}
	if below == 0 || positives == 0 {
		return 0, false
	}
	return float64(halfPairs) / float64(2*below*positives), true
}
