package cpu

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// forwardAndBack multiplies with frozen matrices in both directions, as a layer does
// forward and for the gradient of its input, and returns the products and the bytes
// that are held for the matrices afterwards.
func forwardAndBack(f functions[float32], spare func(int64) bool, matrices, rows, cols int) (results []float32, bytes uint64) {
	r := rand.New(rand.NewPCG(1, 2))
	const tokens = 40
	x, y, dx := &floats[float32]{v: random(r, tokens*cols, 1)}, &floats[float32]{v: make([]float32, tokens*rows)}, &floats[float32]{v: make([]float32, tokens*cols)}
	before := heap()
	d := newDevice(Options{Workers: 2, Spare: spare}, f)
	weights := make([]*floats[float32], matrices)
	for i := range weights {
		weights[i] = &floats[float32]{v: random(r, rows*cols, 1)}
		d.Freeze(weights[i], rows, cols)
		d.MatMul(y, x, weights[i], kernel.MatMul{M: tokens, N: rows, K: cols, TransB: true, Alpha: 1})
		d.MatMul(dx, y, weights[i], kernel.MatMul{M: tokens, N: cols, K: rows, Alpha: 1})
		results = append(append(results, y.v...), dx.v...)
	}
	bytes = heap() - before - uint64(4*cap(results))
	runtime.KeepAlive(weights)
	runtime.KeepAlive(d)
	return results, bytes
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestAFrozenMatrixIsKeptOnceWhereMemoryIsShort(t *testing.T) {
	const matrices, rows, cols = 20, 300, 260 // no whole panels
	const copied = 4 * matrices * rows * cols
	each(t, func(t *testing.T, f functions[float32]) {
		asked := 0
		short := func(bytes int64) bool { asked++; return false }
		want, plenty := forwardAndBack(f, nil, matrices, rows, cols)
		got, once := forwardAndBack(f, short, matrices, rows, cols)
		if !slices.Equal(got, want) {
			t.Error("the products depend on how often a matrix is kept")
		}
		if asked != 2*matrices {
			t.Errorf("asked %d times for memory, want once for each form of %d matrices", asked, matrices)
		}
		if float64(plenty) < 2.9*copied || float64(once) > 1.3*copied {
			t.Errorf("the matrices take %.2f and %.2f times their size, want three and about one", float64(plenty)/copied, float64(once)/copied)
		}
		half := 0
		if _, bytes := forwardAndBack(f, func(int64) bool { half++; return half <= matrices }, matrices, rows, cols); float64(bytes) > 2.3*copied {
			t.Errorf("with memory for one form they take %.2f times their size", float64(bytes)/copied)
		}
	})
}

func TestAnUploadIsAskedForAgain(t *testing.T) {
	room := false
	d := newDevice(Options{Workers: 1, Spare: func(int64) bool { return room }}, pure32())
	w, x, y := &floats[float32]{v: []float32{1, 2, 3, 4}}, &floats[float32]{v: []float32{1, 1}}, &floats[float32]{v: make([]float32, 2)}
	d.Freeze(w, 2, 2)
	m := kernel.MatMul{M: 1, N: 2, K: 2, Alpha: 1}
	d.MatMul(y, x, w, m)
	if !slices.Equal(y.v, []float32{4, 6}) || w.frozen.plain.packed != nil {
		t.Errorf("%v, kept: %v", y.v, w.frozen.plain.packed)
	}
	room = true
	if err := d.Upload(w, kernel.F32s([]float32{5, 6, 7, 8})); err != nil {
		t.Fatal(err)
	}
	d.MatMul(y, x, w, m)
	if !slices.Equal(y.v, []float32{12, 14}) || w.frozen.plain.packed == nil {
		t.Errorf("%v after an upload, kept: %v", y.v, w.frozen.plain.packed)
	}
}
