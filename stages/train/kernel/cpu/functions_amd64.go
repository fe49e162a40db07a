package cpu

import (
	"fmt"

	"golang.org/x/sys/cpu"
)

// functions32 returns the named inner loops for float32; "" is the best that
// this processor runs.
func functions32(name string) (functions[float32], error) {
	avx2 := cpu.X86.HasAVX2 && cpu.X86.HasFMA
	avx512 := avx2 && cpu.X86.HasAVX512F
	switch {
	case (name == "" || name == "avx512") && avx512:
		return functions[float32]{"avx512", micro[float32]{12, 32, gemmAVX512},
			vectorExp(16, expAVX512), vectorSigmoid(16, sigmoidAVX512), vectorDrop(dropAVX512)}, nil
	case (name == "" || name == "avx2") && avx2:
		return functions[float32]{"avx2", micro[float32]{6, 16, gemmAVX2},
			vectorExp(8, expAVX2), vectorSigmoid(8, sigmoidAVX2), vectorDrop(dropAVX2)}, nil
	case name == "" || name == "go":
		return pure32(), nil
	}
	return functions[float32]{}, fmt.Errorf("there is no kernel %q for this processor: use avx512, avx2 or go", name)
}

// vectorExp runs exp over whole vectors and exp32 over the rest.
func vectorExp(width int, exp func(dst, src *float32, n int, shift float32, sums *float32)) func(dst, src []float32, shift float32) float32 {
	return func(dst, src []float32, shift float32) (sum float32) {
		whole := len(src) / width * width
		if whole > 0 {
			var sums [16]float32
			exp(&dst[0], &src[0], whole, shift, &sums[0])
			for _, s := range sums[:width] {
				sum += s
			}
		}
		return sum + exp32s(dst[whole:], src[whole:], shift)
	}
}

func vectorSigmoid(width int, sigmoid func(dst, src *float32, n int)) func(dst, src []float32) {
	return func(dst, src []float32) {
		whole := len(src) / width * width
		if whole > 0 {
			sigmoid(&dst[0], &src[0], whole)
		}
		sigmoid32s(dst[whole:], src[whole:])
	}
}

// vectorDrop runs drop over whole blocks and dropBlock over the rest.
func vectorDrop(drop func(y, x *float32, blocks int, state *uint32, acc bool)) func(y, x []float32, s dropState, acc bool) {
	return func(y, x []float32, s dropState, acc bool) {
		blocks := len(x) / dropLength
		if blocks > 0 {
			drop(&y[0], &x[0], blocks, &s[0], acc)
		}
		whole := blocks * dropLength
		s[dropCounter] += uint32(blocks * 16)
		dropGo(y[whole:], x[whole:], s, acc)
	}
}
