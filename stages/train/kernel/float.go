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
		return float64(Half(binary.LittleEndian.Uint16(h.Bytes[2*i:])))
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

// Half widens an IEEE 754 binary16. Its exponent and fraction, where a float32 has
// them, make a number that is too small by the difference of the exponents' biases,
// 127-15: a product with a power of two is exact, for subnormal numbers too.
func Half(h uint16) float32 {
	sign, bits := uint32(h>>15)<<31, uint32(h&0x7FFF)<<13
	if h&0x7C00 == 0x7C00 { // infinite, or no number
		return math.Float32frombits(sign | bits | 0x7F80_0000)
	}
	return math.Float32frombits(sign | math.Float32bits(math.Float32frombits(bits)*0x1p112))
}
