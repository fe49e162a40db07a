package checkpoint

import (
	"encoding/binary"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// A number is finite where its decoded value is, whatever the type and wherever in the
// tensor it stands.
func TestFinite(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dtype := rapid.SampledFrom([]kernel.DType{kernel.F64, kernel.F32, kernel.F16, kernel.BF16}).Draw(rt, "dtype")
		h := kernel.Host{DType: dtype, Bytes: make([]byte, dtype.Size()*rapid.IntRange(0, 9).Draw(rt, "numbers"))}
		for i := 0; i < len(h.Bytes); i += dtype.Size() {
			putNumber(rt, h.Bytes[i:i+dtype.Size()])
		}
		want := true
		for i := range h.Len() {
			want = want && !math.IsNaN(h.Float(i)) && !math.IsInf(h.Float(i), 0)
		}
		if got, err := finite(t.Context(), h); got != want || err != nil {
			rt.Errorf("%s % x: finite is %v, want %v", dtype, h.Bytes, got, want)
		}
	})
}

// putNumber writes random bits, often with an exponent of nothing but ones.
func putNumber(rt *rapid.T, b []byte) {
	bits := rapid.Uint64().Draw(rt, "bits")
	if rapid.IntRange(0, 9).Draw(rt, "special") == 0 { // an exponent of ones in F64, F32 and BF16; F16's is in their last
		bits |= 0x7FF0_0000_7F80_7F80
	}
	var word [8]byte
	binary.LittleEndian.PutUint64(word[:], bits)
	copy(b, word[:len(b)])
}
