package inference

import (
	"cmp"
	"math"
	"slices"

	"github.com/clinflow/clinflow/internal/auroc"
)

// Order is a sample in the order of its scores: all that an AUROC needs to know of it,
// however its rows are weighted.
type Order struct {
	// patients are the rows' patients. Those of a step stand together, its rows below
	// first, then those tied, then the positive ones; the negatives above all come last.
	patients []int32
	steps    []step
}

// step is a score that positive rows have: how many they are, how many negative rows
// have the same, and how many are below it and above the step before.
type step struct{ below, tied, positives int32 }

// OrderOf sorts a sample's positive rows and looks the negative ones up, which is the
// less work the rarer a class is. It returns auroc.ErrNaN where a score is NaN.
func OrderOf(s Sample) (*Order, error) {
	if slices.ContainsFunc(s.Scores, math.IsNaN) {
		return nil, auroc.ErrNaN
	}
	positives := s.positives()
	o := &Order{patients: make([]int32, len(s.Scores))}
	var values []float64 // of the steps
	for i, score := range positives.Scores {
		if i == 0 || score != positives.Scores[i-1] {
			values, o.steps = append(values, score), append(o.steps, step{})
		}
		o.steps[len(o.steps)-1].positives++
	}
	cells := make([]int32, len(s.Scores)) // of negative rows: 2i is below step i, 2i+1 tied with it
	sizes := make([]int32, 2*len(values)+1)
	for row, score := range s.Scores {
		if !s.Positive[row] {
			at, tied := slices.BinarySearch(values, score)
			if cells[row] = 2 * int32(at); tied {
				cells[row]++
			}
			sizes[cells[row]]++
		}
	}
	ends := o.place(sizes, positives.Patients)
	for row, cell := range cells {
		if !s.Positive[row] {
			o.patients[ends[cell]] = s.Patients[row]
			ends[cell]++
		}
	}
	return o, nil
}

// positives are the positive rows by score.
func (s Sample) positives() Sample {
	rows := make([]int, 0, len(s.Scores)/8)
	for row, positive := range s.Positive {
		if positive {
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b int) int { return cmp.Compare(s.Scores[a], s.Scores[b]) })
	sorted := Sample{Scores: make([]float64, len(rows)), Patients: make([]int32, len(rows))}
	for i, row := range rows {
		sorted.Scores[i], sorted.Patients[i] = s.Scores[row], s.Patients[row]
	}
	return sorted
}

// place gives the steps their sizes and the positive rows their places. It returns
// where the negative rows of each cell begin.
func (o *Order) place(sizes, positives []int32) (begins []int32) {
	begins = make([]int32, len(sizes))
	var at int32
	for i := range o.steps {
		s := &o.steps[i]
		s.below, s.tied = sizes[2*i], sizes[2*i+1]
		begins[2*i], begins[2*i+1] = at, at+s.below
		at += s.below + s.tied
		copy(o.patients[at:], positives[:s.positives])
		positives = positives[s.positives:]
		at += s.positives
	}
	begins[len(sizes)-1] = at
	return begins
}
