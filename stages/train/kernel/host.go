package kernel

import "unsafe"

// DType is the type of a buffer's elements.
type DType uint8

// The element types. Activations and weights are F32 or F64 on the CPU, BF16
// on a GPU; token ids and lengths are I32. F16 and BF16 may always be uploaded.
const (
	F32 DType = iota
	F64
	I32
	BF16
	F16
)

// Size returns the bytes of one element.
func (d DType) Size() int {
	switch d {
	case F64:
		return 8
	case BF16, F16:
		return 2
	default:
		return 4
	}
}

// String returns the name safetensors uses.
func (d DType) String() string {
	return [...]string{"F32", "F64", "I32", "BF16", "F16"}[d]
}

// Host is host memory in little-endian order, for instance a tensor of a
// memory-mapped safetensors file. It shares its memory with what it was made of.
type Host struct {
	DType DType
	Bytes []byte
}

// Len returns the number of elements.
func (h Host) Len() int { return len(h.Bytes) / h.DType.Size() }

// F32s is v as host memory.
func F32s(v []float32) Host { return Host{F32, bytesOf(v)} }

// F64s is v as host memory.
func F64s(v []float64) Host { return Host{F64, bytesOf(v)} }

// I32s is v as host memory.
func I32s(v []int32) Host { return Host{I32, bytesOf(v)} }

func bytesOf[T any](v []T) []byte {
	var one T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), len(v)*int(unsafe.Sizeof(one)))
}
