package inference

import "math"

// Exchange tells how the difference of two models' mean AUROCs, first less second, comes
// about patient by patient, for the permutation test of Bandos, Rockette and Gur (2005,
// Statistics in Medicine 24; Venkatraman and Begg 1996, Biometrika 83): were the models
// equal, nothing would say which of a patient's ranks are whose.
//
// The statistic is the difference of the AUROCs of two models that have swapped their
// ranks of some patients, all rows of a patient together. It needs no new count of pairs
// for each permutation. Let e be 1 for a patient who is left as he is and −1 for one who
// is swapped. A positive row i and a negative row j are then worth
//
//	(e_i+e_j)/2 (A_i>A_j − B_i>B_j) + (e_i−e_j)/2 (A_i>B_j − B_i>A_j)
//
// which is linear in e; so is the whole, Σ e·share over patients, and a row's share
// follows from its place among the ranks of both models pooled.
type Exchange struct {
	shares     []float64 // [patients]
	influences []float64 // [patients]: on the difference as it is, nobody swapped
	problems   int
}

// NewExchange is that of no problem yet.
func NewExchange(p Patients) *Exchange {
	return &Exchange{shares: make([]float64, len(p.IDs)), influences: make([]float64, len(p.IDs))}
}

// Add counts a binary problem in, by the ranks of its rows' scores. One that lacks a side
// has no AUROC and is passed over.
func (e *Exchange) Add(a, b Ranks, positive []bool, patients []int32) {
	n := sides(positive)
	if n[0] == 0 || n[1] == 0 {
		return
	}
	e.problems++
	wins := placements(positive, a, b)
	pairs := 4 * float64(n[0]) * float64(n[1])
	for row, patient := range patients {
		e.shares[patient] += float64(wins[0][row]-wins[1][row]) / pairs
	}
	e.addInfluences(placements(positive, a)[0], placements(positive, b)[0], positive, patients)
}

// addInfluences adds each row's placement in the first model less that in the second, less
// their mean on its side, which is the difference.
func (e *Exchange) addInfluences(a, b []int64, positive []bool, patients []int32) {
	n := sides(positive)
	pairs := 2 * float64(n[0]) * float64(n[1])
	difference := float64(sum(a, positive, true).Int64()-sum(b, positive, true).Int64()) / pairs
	for row, patient := range patients {
		own := float64(n[side(positive[row])])
		e.influences[patient] += float64(a[row]-b[row])/pairs - difference/own
	}
}

// Difference is that of the mean AUROCs, nobody swapped.
func (e *Exchange) Difference() float64 { return e.swapped(func(int) uint64 { return 0 }, 1)[0] }

// Permuted are the differences in as many permutations. Whether one swaps a patient is a
// function of seed, subject_id and permutation alone, so that tasks can be averaged
// permutation by permutation.
func (e *Exchange) Permuted(p Patients, seed int64, permutations int) []float64 {
	streams := make([]uint64, len(p.IDs))
	for i, id := range p.IDs {
		streams[i] = stream(seed, id, ofSwaps)
	}
	differences := make([]float64, 0, permutations)
	for first := 0; first < permutations; first += lanes {
		block := e.swapped(func(patient int) uint64 { return bits64(streams[patient], first/lanes) }, min(lanes, permutations-first))
		differences = append(differences, block...)
	}
	return differences
}

// swapped are the differences in the permutations whose bits say who is swapped.
func (e *Exchange) swapped(bits func(patient int) uint64, permutations int) []float64 {
	var sums [lanes]float64
	for patient, share := range e.shares {
		swaps, value := bits(patient), math.Float64bits(share)
		for lane := range sums {
			sums[lane] += math.Float64frombits(value ^ swaps>>lane<<63)
		}
	}
	for lane := range sums {
		sums[lane] /= float64(max(1, e.problems))
	}
	return sums[:permutations]
}
