package cpu

import "golang.org/x/sys/cpu"

// processor has the features of this processor that its system lets programs use.
var processor = map[string]bool{"AVX2": cpu.X86.HasAVX2, "FMA": cpu.X86.HasFMA, "AVX512F": cpu.X86.HasAVX512F}

// assembled puts assembly in the place of loops in Go.
var assembled = map[string]func(functions[float32]) functions[float32]{"avx512": avx512, "avx2": avx2}

var narrow = micro[float32]{12, 8, gemmNarrow}

// avx512 runs whole vectors in AVX-512 and the rest as tail does.
func avx512(tail functions[float32]) functions[float32] {
	const width = 16
	return functions[float32]{
		name: "avx512", micro: micro[float32]{12, 32, gemmAVX512}, narrow: narrow,
		interleave:      vectorInterleave(tail.interleave),
		add:             vectorAdd(width, addAVX512, tail.add),
		scale:           vectorScale(width, scaleAVX512, tail.scale),
		dot:             vectorDot(width, dotAVX512, tail.dot),
		dot3:            vectorDot3(width, dot3AVX512, tail.dot3),
		largest:         vectorLargest(width, largestAVX512, tail.largest),
		exp:             vectorExp(width, expAVX512, tail.exp),
		normalize:       vectorNormalize(width, normalizeAVX512, tail.normalize),
		normalizeBack:   vectorNormalizeBack(width, normalizeBackAVX512, tail.normalizeBack),
		probabilityBack: vectorProbabilityBack(width, probabilityBackAVX512, tail.probabilityBack),
		rotate:          vectorRotate(width, rotateAVX512, tail.rotate),
		swiglu:          vectorSwiglu(width, swigluAVX512, tail.swiglu),
		swigluBack:      vectorSwigluBack(width, swigluBackAVX512, tail.swigluBack),
		gelu:            vectorGelu(width, geluAVX512, tail.gelu),
		geluBack:        vectorGeluBack(width, geluBackAVX512, tail.geluBack),
		adamw:           vectorAdamw(adamwAVX512, tail.adamw),
		drop:            vectorDrop(dropAVX512, tail.drop),
	}
}

// avx2 is avx512 for AVX2.
func avx2(tail functions[float32]) functions[float32] {
	const width = 8
	return functions[float32]{
		name: "avx2", micro: micro[float32]{6, 16, gemmAVX2}, narrow: narrow,
		interleave:      vectorInterleave(tail.interleave),
		add:             vectorAdd(width, addAVX2, tail.add),
		scale:           vectorScale(width, scaleAVX2, tail.scale),
		dot:             vectorDot(width, dotAVX2, tail.dot),
		dot3:            vectorDot3(width, dot3AVX2, tail.dot3),
		largest:         vectorLargest(width, largestAVX2, tail.largest),
		exp:             vectorExp(width, expAVX2, tail.exp),
		normalize:       vectorNormalize(width, normalizeAVX2, tail.normalize),
		normalizeBack:   vectorNormalizeBack(width, normalizeBackAVX2, tail.normalizeBack),
		probabilityBack: vectorProbabilityBack(width, probabilityBackAVX2, tail.probabilityBack),
		rotate:          vectorRotate(width, rotateAVX2, tail.rotate),
		swiglu:          vectorSwiglu(width, swigluAVX2, tail.swiglu),
		swigluBack:      vectorSwigluBack(width, swigluBackAVX2, tail.swigluBack),
		gelu:            vectorGelu(width, geluAVX2, tail.gelu),
		geluBack:        vectorGeluBack(width, geluBackAVX2, tail.geluBack),
		adamw:           vectorAdamw(adamwAVX2, tail.adamw),
		drop:            vectorDrop(dropAVX2, tail.drop),
	}
}
