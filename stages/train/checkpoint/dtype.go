package checkpoint

import (
	"encoding/binary"
	"math"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// dtypeBytes holds every type that may stand in a file: integer buffers (token
// types, masks) are carried by real models and skipped by name.
var dtypeBytes = map[string]int64{
	"F64": 8, "F32": 4, "F16": 2, "BF16": 2,
	"I64": 8, "U64": 8, "I32": 4, "U32": 4, "I16": 2, "U16": 2, "I8": 1, "U8": 1, "BOOL": 1,
	"F8_E4M3": 1, "F8_E5M2": 1,
}

// Float is what tensors are decoded to.
type Float interface{ ~float32 | ~float64 }

// floats are the types that weights can be read from.
var floats = map[string]kernel.DType{
	"F64": kernel.F64, "F32": kernel.F32, "F16": kernel.F16, "BF16": kernel.BF16,
}

// decode converts a tensor's bytes, which need not be aligned.
func decode[T Float](h kernel.Host) []T {
	values := make([]T, h.Len())
	for i := range values {
		switch h.DType {
		case kernel.F64:
			values[i] = T(math.Float64frombits(binary.LittleEndian.Uint64(h.Bytes[8*i:])))
		case kernel.F32:
			values[i] = T(math.Float32frombits(binary.LittleEndian.Uint32(h.Bytes[4*i:])))
		case kernel.F16:
			values[i] = T(halfToFloat(binary.LittleEndian.Uint16(h.Bytes[2*i:])))
		case kernel.BF16: // the upper half of a float32
			values[i] = T(math.Float32frombits(uint32(binary.LittleEndian.Uint16(h.Bytes[2*i:])) << 16))
		}
	}
	return values
}

// halfToFloat widens an IEEE 754 binary16, which float32 holds exactly.
func halfToFloat(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exponent, fraction := uint32(h>>10)&0x1f, uint32(h&0x3ff)
	switch exponent {
	case 0: // zero or subnormal: fraction · 2⁻²⁴
		magnitude := float32(fraction) * 0x1p-24
		return math.Float32frombits(math.Float32bits(magnitude) | sign)
	case 0x1f: // infinity or NaN
		return math.Float32frombits(sign | 0x7f800000 | fraction<<13)
	default: // the exponent's bias is 15 there, 127 here
		return math.Float32frombits(sign | (exponent+112)<<23 | fraction<<13)
	}
}
