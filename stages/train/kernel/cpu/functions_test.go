package cpu

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// each runs a test for every set of inner loops this processor has.
func each(t *testing.T, f func(t *testing.T, fs functions[float32])) {
	for _, name := range []string{"go", "avx2", "avx512"} {
		if fs, err := functions32(name); err == nil {
			t.Run(name, func(t *testing.T) { f(t, fs) })
		}
	}
}

func random(r *rand.Rand, n int, scale float64) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64() * scale)
	}
	return v
}

func TestExpAndSwiGLU(t *testing.T) {
	each(t, func(t *testing.T, f functions[float32]) {
		var x []float32
		for v := -110.0; v < 80; v += 0.0137 {
			x = append(x, float32(v))
		}
		const shift = 1.5
		got, ones, silu := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
		for i := range ones {
			ones[i] = 1
		}
		total := 0.0
		sum := f.exp(got, x, shift)
		f.swiglu(silu, x, ones)
		for i, v := range x {
			want := math.Exp(float64(v - shift))
			total += float64(got[i])
			if diff := math.Abs(float64(got[i]) - want); diff > 3e-7*want+2e-38 {
				t.Fatalf("exp(%g) = %g, want %g", v-shift, got[i], want)
			}
			if want := float64(v) / (1 + math.Exp(-float64(v))); math.Abs(float64(silu[i])-want) > 4e-7*math.Abs(want)+3e-36 {
				t.Fatalf("silu(%g) = %g, want %g", v, silu[i], want)
			}
		}
		if math.Abs(float64(sum)-total) > 1e-5*total {
			t.Errorf("sum %g, want %g", sum, total)
		}
	})
}

// TestGELU goes from where the function is next to zero to where it is its argument.
func TestGELU(t *testing.T) {
	each(t, func(t *testing.T, f functions[float32]) {
		var x []float32
		for v := -14.0; v < 14; v += 0.00137 {
			x = append(x, float32(v))
		}
		x = append(x, 0, 1e-30, -1e-30, 1e-42, 200, -200, 1e19, -1e19)
		y, slope, ones := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
		for i := range ones {
			ones[i] = 1
		}
		f.gelu(y, x)
		f.geluBack(slope, ones, x)
		for i, v := range x {
			normal := 0.5 * math.Erfc(-float64(v)/math.Sqrt2)
			if want := float64(v) * normal; !(math.Abs(float64(y[i])-want) < 5e-7*max(1, math.Abs(want))) {
				t.Fatalf("gelu(%g) = %g, want %g", v, y[i], want)
			}
			want := normal + float64(v)*math.Exp(-float64(v)*float64(v)/2)/math.Sqrt(2*math.Pi)
			if !(math.Abs(float64(slope[i])-want) < 5e-7) {
				t.Fatalf("the slope at %g is %g, want %g", v, slope[i], want)
			}
		}
	})
}

func TestNotANumberIsNotHidden(t *testing.T) {
	each(t, func(t *testing.T, f functions[float32]) {
		for _, n := range []int{1, 16, 19} {
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(math.NaN())
			}
			if sum := f.exp(x, x, 0); sum == sum {
				t.Errorf("%d NaNs have the exponential sum %g", n, sum)
			}
			y, slope := make([]float32, n), make([]float32, n)
			f.gelu(y, x)
			f.geluBack(slope, y, x)
			for i := range x {
				if y[i] == y[i] || slope[i] == slope[i] {
					t.Errorf("gelu of a NaN is %g, its slope %g", y[i], slope[i])
				}
			}
		}
	})
}

func TestMatMul(t *testing.T) {
	each(t, func(t *testing.T, f functions[float32]) {
		rapid.Check(t, func(rt *rapid.T) {
			d := newDevice(Options{Workers: rapid.IntRange(1, 3).Draw(rt, "workers")}, f)
			size := rapid.OneOf(rapid.IntRange(1, 40), rapid.IntRange(200, 300), rapid.SampledFrom([]int{1, 12, 32, 256, 512}))
			m := kernel.MatMul{M: size.Draw(rt, "m"), N: size.Draw(rt, "n"), K: size.Draw(rt, "k"), Alpha: 0.75,
				TransA: rapid.Bool().Draw(rt, "transA"), TransB: rapid.Bool().Draw(rt, "transB"), Acc: rapid.Bool().Draw(rt, "acc")}
			r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
			a, b, c := random(r, m.M*m.K, 1), random(r, m.K*m.N, 1), random(r, m.M*m.N, 1)
			want := naive(a, b, c, m)
			buf := &floats[float32]{v: b}
			if rapid.Bool().Draw(rt, "frozen") {
				d.Freeze(buf, m.N, m.K)
			}
			d.MatMul(&floats[float32]{v: c}, &floats[float32]{v: a}, buf, m)
			for i := range c {
				if diff := math.Abs(float64(c[i]) - want[i]); diff > 1e-5*math.Sqrt(float64(m.K))*3 {
					rt.Fatalf("element %d of %+v: %g, want %g", i, m, c[i], want[i])
				}
			}
		})
	})
}

// A text's numbers are the same to the bit in whatever row of a batch, with weights that
// are trained or frozen.
func TestARowOfAProductDoesNotDependOnItsPlace(t *testing.T) {
	each(t, func(t *testing.T, f functions[float32]) {
		rapid.Check(t, func(rt *rapid.T) {
			d := newDevice(Options{Workers: 1}, f)
			size := rapid.IntRange(1, 40)
			m := kernel.MatMul{M: size.Draw(rt, "m"), N: size.Draw(rt, "n"), K: size.Draw(rt, "k"), Alpha: 16. / 3, TransB: true, Acc: rapid.Bool().Draw(rt, "acc")}
			r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
			a, b, c := random(r, m.M*m.K, 1), random(r, m.K*m.N, 1), random(r, m.M*m.N, 1)
			row := rapid.IntRange(0, m.M-1).Draw(rt, "row")
			alone, one := slices.Clone(c[row*m.N:(row+1)*m.N]), m
			one.M = 1
			frozen := &floats[float32]{v: b}
			d.Freeze(frozen, m.N, m.K)
			d.MatMul(buffer(alone), buffer(a[row*m.K:(row+1)*m.K]), frozen, one)
			d.MatMul(buffer(c), buffer(a), buffer(b), m)
			if !slices.Equal(alone, c[row*m.N:(row+1)*m.N]) {
				rt.Fatalf("row %d of %+v is another by itself", row, m)
			}
		})
	})
}

// naive is the product by its definition, in float64.
func naive(a, b, c []float32, m kernel.MatMul) []float64 {
	va, vb := newView(a, pick(m.TransA, m.M, m.K), m.TransA), newView(b, pick(m.TransB, m.K, m.N), m.TransB)
	out := make([]float64, len(c))
	for i := range m.M {
		for j := range m.N {
			var sum float64
			for k := range m.K {
				sum += float64(va.v[i*va.row+k*va.col]) * float64(vb.v[k*vb.row+j*vb.col])
			}
			out[i*m.N+j] = m.Alpha * sum
			if m.Acc {
				out[i*m.N+j] += float64(c[i*m.N+j])
			}
		}
	}
	return out
}
