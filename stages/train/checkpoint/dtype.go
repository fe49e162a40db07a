package checkpoint

import "github.com/clinflow/clinflow/stages/train/kernel"

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

// decode converts a tensor's bytes.
func decode[T Float](h kernel.Host) []T {
	values := make([]T, h.Len())
	for i := range values {
		values[i] = T(h.Float(i))
	}
	return values
}
