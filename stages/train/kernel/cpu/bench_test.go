package cpu

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// BenchmarkMatMul multiplies 1280 rows with square weights.
func BenchmarkMatMul(b *testing.B) {
	for _, name := range []string{"avx512", "avx2", "go"} {
		for _, size := range []int{256, 1024, 4096} {
			for _, workers := range []int{1, 2} {
				for _, kind := range []string{"frozen", "trained"} {
					b.Run(fmt.Sprintf("%s/%d/%d/%s", name, size, workers, kind), func(b *testing.B) {
						benchmarkMatMul(b, name, size, workers, kind == "frozen")
					})
				}
			}
		}
	}
}

func benchmarkMatMul(b *testing.B, name string, size, workers int, freeze bool) {
	f, err := functions32(name)
	if err != nil {
		b.Skip(err)
	}
	d := newDevice(Options{Workers: workers}, f)
	r := rand.New(rand.NewPCG(1, 2))
	x, w, y := &floats[float32]{v: random(r, 1280*size, 1)}, &floats[float32]{v: random(r, size*size, 1)}, &floats[float32]{v: make([]float32, 1280*size)}
	if freeze {
		d.Freeze(w, size, size)
	}
	for b.Loop() {
		d.MatMul(y, x, w, kernel.MatMul{M: 1280, N: size, K: size, TransB: true, Alpha: 1})
	}
	b.ReportMetric(2*1280*float64(size)*float64(size)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}

func BenchmarkGELU(b *testing.B) {
	for _, name := range []string{"avx512", "avx2", "go"} {
		b.Run(name, func(b *testing.B) {
			f, err := functions32(name)
			if err != nil {
				b.Skip(err)
			}
			x := random(rand.New(rand.NewPCG(1, 2)), 1<<16, 1)
			y := make([]float32, len(x))
			for b.Loop() {
				f.gelu(y, x)
				f.geluBack(y, x, x)
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N*len(x)), "ns/number")
		})
	}
}
