package cpu

import "math"

// exp32 is the exponential of the assembly, one number at a time: see asm/exp.go
// for the method. It serves the tail of a vector and the pure Go kernel.
func exp32(x float32) float32 {
	const upper, lower = 0.693359375, math.Ln2 - 0.693359375
	x = min(max(x, -87.3), 88.3)
	n := float32(math.RoundToEven(float64(x * math.Log2E)))
	r := x - n*upper
	r -= n * float32(lower)
	p := float32(1.0 / 5040)
	p = p*r + 1.0/720
	p = p*r + 1.0/120
	p = p*r + 1.0/24
	p = p*r + 1.0/6
	p = p*r + 0.5
	p = p*r + 1
	p = p*r + 1
	return math.Float32frombits(math.Float32bits(p) + uint32(int32(n))<<23)
}
