package cpu

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// arrays are the slices of one call, all of one length.
type arrays[T number] [6][]T

// loops calls each inner loop. It returns what was written and the sums.
func loops[T number](f functions[T]) map[string]func(a arrays[T]) []T {
	one := func(x T) []T { return []T{x} }
	return map[string]func(a arrays[T]) []T{
		"add":             func(a arrays[T]) []T { f.add(a[0], a[1], a[2]); return a[0] },
		"scale":           func(a arrays[T]) []T { f.scale(a[0], a[1], 0.75); return a[0] },
		"dot":             func(a arrays[T]) []T { return one(f.dot(a[0], a[1])) },
		"dot3":            func(a arrays[T]) []T { return one(f.dot3(a[0], a[1], a[2])) },
		"largest":         func(a arrays[T]) []T { return one(f.largest(a[0])) },
		"exp":             func(a arrays[T]) []T { return append(one(f.exp(a[0], a[1], 0.5)), a[0]...) },
		"normalize":       func(a arrays[T]) []T { f.normalize(a[0], a[1], a[2], 0.75); return a[0] },
		"normalizeBack":   func(a arrays[T]) []T { f.normalizeBack(a[0], a[1], a[2], a[3], 0.75, 0.5, false); return a[0] },
		"its sum":         func(a arrays[T]) []T { f.normalizeBack(a[0], a[1], a[2], a[3], 0.75, 0.5, true); return a[0] },
		"probabilityBack": func(a arrays[T]) []T { f.probabilityBack(a[0], a[1], 0.5); return a[0] },
		"rotate":          func(a arrays[T]) []T { f.rotate(a[0], a[1], a[2], a[3], a[4], a[5]); return append(a[0], a[1]...) },
		"swiglu":          func(a arrays[T]) []T { f.swiglu(a[0], a[1], a[2]); return a[0] },
		"swigluBack":      func(a arrays[T]) []T { f.swigluBack(a[0], a[1], a[2], a[3], a[4]); return append(a[0], a[1]...) },
		"interleave": func(a arrays[T]) []T {
			to := make([]T, 7*len(a[0]))
			f.interleave(to, 7, [4][]T{a[0], a[1], a[2], a[3]})
			return to
		},
	}
}

// TestLoops compares the loops with those in Go for float64, at lengths with and
// without whole vectors.
func TestLoops(t *testing.T) {
	exact := loops(pure64())
	each(t, func(t *testing.T, f functions[float32]) {
		for name, loop := range loops(f) {
			t.Run(name, func(t *testing.T) {
				rapid.Check(t, func(t *rapid.T) {
					n := rapid.IntRange(1, 70).Draw(t, "n")
					r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
					var a arrays[float32]
					var wide arrays[float64]
					for i := range a {
						a[i] = random(r, n, 1)
						wide[i] = widened(a[i])
					}
					got, want := widened(loop(a)), exact[name](wide)
					if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-5, 1e-5)); diff != "" {
						t.Fatal(diff)
					}
				})
			})
		}
	})
}

func widened(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// TestAdamWIsTheSameToTheBit holds the assembly to the order of operations that
// TestAdamW compares with PyTorch's.
func TestAdamWIsTheSameToTheBit(t *testing.T) {
	c := &adamConstants{0.999, 1e-3, 0.3, 1e-8, 0.25, 0.9, 0.1, 0.999, 0.001}
	each(t, func(t *testing.T, f functions[float32]) {
		rapid.Check(t, func(t *rapid.T) {
			n := rapid.IntRange(0, 40).Draw(t, "n")
			r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
			var got, want [4][]float32
			for i := range got {
				got[i] = random(r, n, 1)
			}
			for j, v := range got[3] { // the second moment
				got[3][j] = float32(math.Abs(float64(v)))
			}
			for i := range got {
				want[i] = append([]float32{}, got[i]...)
			}
			f.adamw(got[0], got[1], got[2], got[3], c)
			adamwGo(want[0], want[1], want[2], want[3], c)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatal(diff)
			}
		})
	})
}
