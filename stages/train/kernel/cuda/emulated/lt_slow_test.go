//go:build slow && linux

package emulated

import "unsafe"

// lt is the functions of the matrix products.
type lt struct {
	create        func(to *uintptr) int32
	destroy       func(handle uintptr) int32
	description   func(to *uintptr, compute, scale int32) int32
	describe      func(description uintptr, attribute int32, value unsafe.Pointer, bytes uint64) int32
	layout        func(to *uintptr, kind int32, rows, columns uint64, ld int64) int32
	preference    func(to *uintptr) int32
	prefer        func(preference uintptr, attribute int32, value unsafe.Pointer, bytes uint64) int32
	heuristic     func(handle, description, a, b, c, d, preference uintptr, wanted int32, to *choice, found *int32) int32
	multiply      func(handle, description uintptr, alpha *float32, a uint64, la uintptr, b uint64, lb uintptr, beta *float32, c uint64, lc uintptr, d uint64, ld uintptr, algorithm *choice, workspace, bytes uint64, stream uintptr) int32
	noDescription func(description uintptr) int32
	noLayout      func(layout uintptr) int32
	noPreference  func(preference uintptr) int32
}

// choice is cublasLtMatmulHeuristicResult_t.
type choice struct {
	_         [8]uint64 // the algorithm
	workspace uint64
	_         [6]int32 // its state, its waves, and what is reserved
}

func (l *lt) functions() map[string]any {
	return map[string]any{
		"cublasLtCreate": &l.create, "cublasLtDestroy": &l.destroy, "cublasLtMatmulDescCreate": &l.description,
		"cublasLtMatmulDescSetAttribute": &l.describe, "cublasLtMatrixLayoutCreate": &l.layout,
		"cublasLtMatmulPreferenceCreate": &l.preference, "cublasLtMatmulPreferenceSetAttribute": &l.prefer,
		"cublasLtMatmulAlgoGetHeuristic": &l.heuristic, "cublasLtMatmul": &l.multiply,
		"cublasLtMatmulDescDestroy": &l.noDescription, "cublasLtMatrixLayoutDestroy": &l.noLayout,
		"cublasLtMatmulPreferenceDestroy": &l.noPreference,
	}
}
