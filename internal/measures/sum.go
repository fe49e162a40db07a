// Package measures says how good predicted probabilities are: Brier score, calibration
// error and reliability, decisions at a threshold, and a calibration fitted by logistic
// regression. Examples may come in any order and be spread over any number of parts:
// sums are whole numbers, and no result shows it.
package measures

import "math/bits"

// Sum adds numbers of less than 2048, each cut to a whole number of 2^-52, in 128 bits.
type Sum struct {
	high int64
	low  uint64
}

const unit = 1 << 52

// Add adds x.
func (s *Sum) Add(x float64) {
	whole := int64(x * unit)
	s.Merge(Sum{whole >> 63, uint64(whole)})
}

// Merge adds what another one holds.
func (s *Sum) Merge(other Sum) {
	low, carry := bits.Add64(s.low, other.low, 0)
	s.low = low
	s.high += other.high + int64(carry)
}

// Value is the sum. A negative one is turned round first: both words by themselves are
// large numbers.
func (s Sum) Value() float64 {
	if s.high < 0 {
		low, borrow := bits.Sub64(0, s.low, 0)
		return -Sum{-s.high - int64(borrow), low}.Value()
	}
	return (float64(s.high)*(1<<64) + float64(s.low)) / unit
}
