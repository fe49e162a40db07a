// Package auroc computes the area under the ROC curve exactly: pairs are counted
// in whole numbers, a tie as half a pair, and one division ends it. A score's
// size never matters, only its rank.
package auroc

import (
	"errors"
	"math/big"
	"math/bits"
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
	s, err := StaircaseOf(scores, positive)
	return s.Count(), err
}

// add counts positives that have so many half wins each.
func (c *Count) add(positives, halfWins uint64) {
	high, low := bits.Mul64(positives, halfWins)
	var carry uint64
	c.halfWins[1], carry = bits.Add64(c.halfWins[1], low, 0)
	c.halfWins[0] += high + carry
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
