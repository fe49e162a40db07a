// Package random draws the initial values of parameters. Number i of a stream is
// a function of seed, stream name and i alone, so that a tensor's values depend
// neither on the order in which tensors are made nor on what others there are.
package random

import (
	"math"

	"github.com/cespare/xxhash/v2"
)

// Stream is a named sequence of independent numbers.
type Stream struct{ key uint64 }

// New returns the stream of a name under a seed.
func New(seed int64, name string) Stream {
	return Stream{mix(uint64(seed)) ^ xxhash.Sum64String(name)}
}

// golden is 2⁶⁴ divided by the golden ratio: SplitMix64's increment.
const golden = 0x9e3779b97f4a7c15

// bits is SplitMix64's output i (Steele, Lea and Flood 2014, "Fast splittable
// pseudorandom number generators").
func (s Stream) bits(i uint64) uint64 { return mix(s.key + (i+1)*golden) }

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Uniform returns number i, uniform in [0, 1) in steps of 2⁻⁵³.
func (s Stream) Uniform(i int) float64 { return float64(s.bits(uint64(i))>>11) * 0x1p-53 }

// Normal returns number i of the standard normal distribution, by Box and Muller
// (1958) from the uniform numbers 2i and 2i+1.
func (s Stream) Normal(i int) float64 {
	radius := math.Sqrt(-2 * math.Log(1-s.Uniform(2*i)))
	return radius * math.Cos(2*math.Pi*s.Uniform(2*i+1))
}

// Uniforms returns n numbers uniform in [-bound, bound).
func (s Stream) Uniforms(n int, bound float64) []float32 {
	values := make([]float32, n)
	for i := range values {
		values[i] = float32((2*s.Uniform(i) - 1) * bound)
	}
	return values
}

// Normals returns n numbers of mean 0 and standard deviation std.
func (s Stream) Normals(n int, std float64) []float32 {
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(s.Normal(i) * std)
	}
	return values
}
