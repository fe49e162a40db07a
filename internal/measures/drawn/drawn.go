// Package drawn has the random numbers of tests whose expected values
// oracle/measures_golden.py computes from the same numbers: the golden files hold no
// inputs.
package drawn

// Stream is SplitMix64 (Steele, Lea and Flood 2014, OOPSLA).
type Stream struct{ state uint64 }

// Of is the stream of a number.
func Of(number int) *Stream { return &Stream{uint64(number) << 32} }

// Next is the next number in [0, 1).
func (s *Stream) Next() float64 {
	s.state += 0x9E3779B97F4A7C15
	z := s.state
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	z ^= z >> 31
	return float64(z>>11) / (1 << 53)
}

// Some are the next n numbers.
func (s *Stream) Some(n int) []float64 {
	some := make([]float64, n)
	for i := range some {
		some[i] = s.Next()
	}
	return some
}
