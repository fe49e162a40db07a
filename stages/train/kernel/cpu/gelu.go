package cpu

import "math"

// geluGo is x·Φ(x), Φ the distribution function of the standard normal distribution: half
// of |x| times both tails beyond |x| is what lacks to max(x, 0).
func geluGo[T number](y, x []T, gaussian func(T) (tails, bell T)) {
	for i, v := range x {
		tails, _ := gaussian(v)
		y[i] = max(v, 0) - max(v, -v)*tails/2
	}
}

func geluBackGo[T number](dx, dy, x []T, gaussian func(T) (tails, bell T)) {
	const density = 0.3989422804014327 // 1/√(2π)
	for i, v := range x {
		tails, bell := gaussian(v)
		dx[i] = dy[i] * (0.5 + T(math.Copysign(float64(0.5-tails/2), float64(v))) + v*bell*density)
	}
}

// gaussian64 returns both tails of the standard normal distribution beyond |x| together,
// and exp(-x²/2).
func gaussian64(x float64) (tails, bell float64) {
	return math.Erfc(math.Abs(x) / math.Sqrt2), math.Exp(-x * x / 2)
}

// gaussian32 is gaussian64 within 2e-7, of the assembly, one number at a time: formula
// 7.1.26 of Abramowitz and Stegun, Handbook of Mathematical Functions (1964).
func gaussian32(x float32) (tails, bell float32) {
	t := 1 / (1 + 0.3275911/math.Sqrt2*max(x, -x))
	p := float32(1.061405429)
	p = p*t - 1.453152027
	p = p*t + 1.421413741
	p = p*t - 0.284496736
	p = p*t + 0.254829592
	bell = exp32(-x * x / 2)
	return p * t * bell, bell
}
