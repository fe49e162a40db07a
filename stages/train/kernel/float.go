package kernel

import (
	"encoding/binary"
	"math"
)

// Float returns element i of a floating-point host; it need not be aligned.
func (h Host) Float(i int) float64 {
	switch h.DType {
	case F64:
		return math.Float64frombits(binary.LittleEndian.Uint64(h.Bytes[8*i:]))
	case BF16: // the upper half of a float32
		return float64(math.Float32frombits(uint32(binary.LittleEndian.Uint16(h.Bytes[2*i:])) << 16))
	case F16:
		return half(binary.LittleEndian.Uint16(h.Bytes[2*i:]))
	default:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(h.Bytes[4*i:])))
	}
}

// SetFloat sets element i of an F32 or F64 host, rounding to nearest.
func (h Host) SetFloat(i int, v float64) {
	if h.DType == F64 {
		binary.LittleEndian.PutUint64(h.Bytes[8*i:], math.Float64bits(v))
		return
	}
	binary.LittleEndian.PutUint32(h.Bytes[4*i:], math.Float32bits(float32(v)))
}

// half widens an IEEE 754 binary16.
func half(h uint16) float64 {
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
