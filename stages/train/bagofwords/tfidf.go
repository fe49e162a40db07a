package bagofwords

import (
	"math"
	"slices"
)

// Weighting knows how rare each token is in the documents it was made of.
type Weighting struct {
	column map[int32]int32 // of the tokens that a document had
	idf    []float64       // by column
	unseen float64         // idf of all other tokens
}

// NewWeighting counts the documents that each token is in:
// idf = ln((1+n)/(1+df)) + 1, as TfidfTransformer smooths it.
func NewWeighting(documents [][]int32) *Weighting {
	frequency := map[int32]int{}
	for _, ids := range documents {
		for _, id := range distinct(ids) {
			frequency[id]++
		}
	}
	n := float64(len(documents))
	w := &Weighting{column: map[int32]int32{}, unseen: math.Log(1+n) + 1}
	seen := make([]int32, 0, len(frequency))
	for id := range frequency {
		seen = append(seen, id)
	}
	slices.Sort(seen)
	for i, id := range seen {
		w.column[id] = int32(i)
		w.idf = append(w.idf, math.Log((1+n)/float64(1+frequency[id]))+1)
	}
	return w
}

// Features is how many tokens have a column.
func (w *Weighting) Features() int { return len(w.idf) }

func distinct(ids []int32) []int32 {
	sorted := slices.Clone(ids)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

// Matrix is sparse, [documents, features], by rows: row i has the columns and
// values from start[i] to start[i+1].
type Matrix struct {
	start    []int
	column   []int32
	value    []float64
	features int
}

// Rows is the number of documents.
func (x *Matrix) Rows() int { return len(x.start) - 1 }

// Matrix weighs a document's counts by idf and scales them to length 1. A token
// without a column has no weight in a regression, but its part in the length.
func (w *Weighting) Matrix(documents [][]int32) *Matrix {
	x := &Matrix{start: []int{0}, features: w.Features()}
	for _, ids := range documents {
		w.add(x, ids)
	}
	return x
}

func (w *Weighting) add(x *Matrix, ids []int32) {
	counts := map[int32]float64{}
	for _, id := range ids {
		counts[id]++
	}
	begin, squares := len(x.value), 0.0
	for _, id := range distinct(ids) {
		column, known := w.column[id]
		value := counts[id] * w.unseen
		if known {
			value = counts[id] * w.idf[column]
			x.column, x.value = append(x.column, column), append(x.value, value)
		}
		squares += value * value
	}
	if squares > 0 {
		length := math.Sqrt(squares)
		for i := begin; i < len(x.value); i++ {
			x.value[i] /= length
		}
	}
	x.start = append(x.start, len(x.value))
}
