package kernel

import (
	"math"
	"testing"
)

// binary16 is what IEEE 754 says that the bits mean.
func binary16(h uint16) float64 {
	sign := math.Float64frombits(uint64(h>>15) << 63) // ±0
	exponent, fraction := int(h>>10&31), float64(h&1023)
	switch {
	case exponent == 0: // zero or subnormal
		return math.Copysign(math.Ldexp(fraction, -24), sign)
	case exponent == 31 && fraction == 0:
		return math.Copysign(math.Inf(1), sign)
	case exponent == 31:
		return math.NaN()
	}
	return math.Copysign(math.Ldexp(1024+fraction, exponent-25), sign)
}

func TestEveryHalfIsWidened(t *testing.T) {
	for bits := range 1 << 16 {
		got, want := float64(Half(uint16(bits))), binary16(uint16(bits))
		if math.Float64bits(got) != math.Float64bits(want) && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Fatalf("%#04x is %g, want %g", bits, got, want)
		}
	}
}
