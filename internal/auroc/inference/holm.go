package inference

import (
	"cmp"
	"slices"
)

// Holm corrects the p-values of a family of tests, so that the chance of one false claim
// or more among them is below the level that each is held against (Holm 1979,
// Scandinavian Journal of Statistics 6): the i-th smallest of m is multiplied by m − i + 1,
// and none is smaller than one before it.
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	corrected, least := make([]float64, len(p)), 0.0
	for rank, i := range order {
		least = max(least, min(1, p[i]*float64(len(p)-rank)))
		corrected[i] = least
	}
	return corrected
}
