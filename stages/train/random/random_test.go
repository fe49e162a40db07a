package random

import (
	"math"
	"slices"
	"testing"
)

// The first outputs of SplitMix64 from state 1234567, as Java's SplittableRandom
// and Vigna's reference splitmix64.c give them.
func TestIsSplitMix64(t *testing.T) {
	want := []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821}
	for i, w := range want {
		if got := (Stream{1234567}).bits(uint64(i)); got != w {
			t.Errorf("output %d is %d, want %d", i, got, w)
		}
	}
}

func TestNormalsAreNormal(t *testing.T) {
	values := New(3, "w").Normals(100_000, 2)
	slices.Sort(values)
	// Quantiles of the normal distribution; the standard error of quantile p is
	// √(p(1-p)/n)/density.
	for _, p := range []float64{0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99} {
		z := math.Sqrt2 * math.Erfinv(2*p-1)
		tolerance := 4 * 2 * math.Sqrt(p*(1-p)/1e5) / (math.Exp(-z*z/2) / math.Sqrt(2*math.Pi))
		if got := float64(values[int(p*1e5)]); math.Abs(got-2*z) > tolerance {
			t.Errorf("quantile %g is %g, want %g", p, got, 2*z)
		}
	}
}

func TestStreamsDiffer(t *testing.T) {
	first := New(1, "a").Uniforms(1000, 1)
	for name, other := range map[string]Stream{"seed": New(2, "a"), "name": New(1, "b")} {
		var product float64
		for i, v := range other.Uniforms(1000, 1) {
			product += float64(v) * float64(first[i])
		}
		// The product of two independent uniforms on [-1, 1) has variance 1/9.
		if math.Abs(product) > 4*math.Sqrt(1000./9) {
			t.Errorf("another %s gives a correlated stream: %g", name, product)
		}
	}
	if !slices.Equal(first, New(1, "a").Uniforms(1000, 1)) {
		t.Error("a stream does not repeat")
	}
}
