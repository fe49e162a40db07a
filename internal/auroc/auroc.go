// Package auroc computes the area under the ROC curve exactly: pairs are counted
// in whole numbers, a tie as half a pair, and one division ends it. A score's
// size never matters, only its rank.
package auroc

import (
	"errors"
	"math"
	"math/big"
	"math/bits"
	"slices"
)

// ErrNaN says that a score is not a number: it has no rank.
var ErrNaN = errors.New("a score is not a number (NaN)")

// Count is the outcome of comparing every positive with every negative. The
// positive's wins and half wins are counted in 128 bits, so that no number of
// examples that fits into memory overflows.
type Count struct {
	Positives, Negatives int
	halfWins             [2]uint64 // high, low: 2 for a win, 1 for a tie
}

// Of counts a binary problem; scores and positive have the same length. It
// returns ErrNaN where a score is NaN.
func Of(scores []float64, positive []bool) (Count, error) {
	var of [2][]float64
	for i, score := range scores {
		class := 0
		if positive[i] {
			class = 1
		}
		of[class] = append(of[class], score)
	}
	return Compare(of[1], of[0])
}

// Compare counts positives against negatives. It reorders its arguments: the
// shorter is sorted and the longer looked up in it, so that a rare class costs
// little.
func Compare(positives, negatives []float64) (Count, error) {
	if slices.ContainsFunc(positives, math.IsNaN) || slices.ContainsFunc(negatives, math.IsNaN) {
		return Count{}, ErrNaN
	}
	c := Count{Positives: len(positives), Negatives: len(negatives)}
	if len(positives) <= len(negatives) {
		slices.Sort(positives)
		for _, score := range negatives {
			from, to := equalRange(positives, score)
			c.add(uint64(len(positives)-to), uint64(to-from))
		}
		return c, nil
	}
	slices.Sort(negatives)
	for _, score := range positives {
		from, to := equalRange(negatives, score)
		c.add(uint64(from), uint64(to-from))
	}
	return c, nil
}

// equalRange is where score stands in sorted values: [from, to) are equal to it.
func equalRange(sorted []float64, score float64) (from, to int) {
	from, found := slices.BinarySearch(sorted, score)
	if !found {
		return from, from
	}
	rest, _ := slices.BinarySearchFunc(sorted[from:], score, func(value, score float64) int {
		if value > score {
			return 1
		}
		return -1
	})
	return from, from + rest
}

func (c *Count) add(wins, ties uint64) {
	var carry uint64
	c.halfWins[1], carry = bits.Add64(c.halfWins[1], 2*wins+ties, 0)
	c.halfWins[0] += carry
}

// exactFloat is the range in which float64 holds every whole number.
const exactFloat = 1 << 53

// AUROC is the share of pairs that the positive wins, correctly rounded. It is
// undefined (false) without a positive or without a negative.
func (c Count) AUROC() (float64, bool) {
	if c.Positives == 0 || c.Negatives == 0 {
		return 0, false
	}
	high, pairs := bits.Mul64(uint64(c.Positives), uint64(c.Negatives))
	if high == 0 && pairs <= exactFloat/2 {
		return float64(c.halfWins[1]) / float64(2*pairs), true
	}
	share, _ := new(big.Rat).SetFrac(wide(c.halfWins[0], c.halfWins[1]), new(big.Int).Lsh(wide(high, pairs), 1)).Float64()
	return share, true
}

func wide(high, low uint64) *big.Int {
	w := new(big.Int).Lsh(new(big.Int).SetUint64(high), 64)
	return w.Or(w, new(big.Int).SetUint64(low))
}

// Mean is a macro average: the mean over what is defined, and how many were and
// were not. Value is meaningless where Used is 0.
type Mean struct {
	Value         float64
	Used, Skipped int
}

// Add counts one AUROC that may be undefined.
func (m *Mean) Add(value float64, defined bool) {
	if !defined {
		m.Skipped++
		return
	}
	m.Used++
	m.Value += (value - m.Value) / float64(m.Used)
}
