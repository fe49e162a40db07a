package checkpoint

import (
	"context"
	"encoding/binary"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// exponents is, by type, a word of as many numbers as eight bytes hold: the bits of
// their exponents (IEEE 754), and the lowest of these bits. An exponent of ones alone
// is an infinity or no number; adding the lowest bit carries it, and no other, into
// the place of the sign.
type exponent struct{ mask, lowest, sign uint64 }

var exponents = map[kernel.DType]exponent{
	kernel.F64:  {0x7FF0_0000_0000_0000, 0x0010_0000_0000_0000, 0x8000_0000_0000_0000},
	kernel.F32:  {0x7F80_0000_7F80_0000, 0x0080_0000_0080_0000, 0x8000_0000_8000_0000},
	kernel.F16:  {0x7C00_7C00_7C00_7C00, 0x0400_0400_0400_0400, 0x8000_8000_8000_8000},
	kernel.BF16: {0x7F80_7F80_7F80_7F80, 0x0080_0080_0080_0080, 0x8000_8000_8000_8000},
}

// atOnce is how many bytes are read between two looks at the context: a slow disk
// gives them in a fraction of a second.
const atOnce = 8 << 20

// finite says whether every number is one.
func finite(ctx context.Context, h kernel.Host) (bool, error) {
	for b := h.Bytes; len(b) > 0; b = b[min(len(b), atOnce):] {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if !exponents[h.DType].finite(b[:min(len(b), atOnce)]) {
			return false, nil
		}
	}
	return true, nil
}

// finite looks at eight bytes at a time: a model's weights are gigabytes.
func (e exponent) finite(b []byte) bool {
	var carried uint64
	for ; len(b) >= 8; b = b[8:] {
		carried |= binary.LittleEndian.Uint64(b)&e.mask + e.lowest
	}
	var last [8]byte
	copy(last[:], b)
	carried |= binary.LittleEndian.Uint64(last[:])&e.mask + e.lowest
	return carried&e.sign == 0
}
