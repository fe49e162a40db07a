package cpu

import "math"

// functions are the inner loops, each in Go and for float32 in assembly. Slices of
// one call have one length, unless it is said otherwise; what is written may be what
// is read.
type functions[T number] struct {
	name   string
	micro  micro[T]
	narrow micro[T] // for results of few columns

	// interleave writes four columns side by side: to[i·width+c] = columns[c][i].
	interleave func(to []T, width int, columns [4][]T)
	// add is y = a + b.
	add func(y, a, b []T)
	// scale is y = x·f.
	scale func(y, x []T, f T)
	// dot is Σ a·b, dot3 Σ a·b·c.
	dot  func(a, b []T) T
	dot3 func(a, b, c []T) T
	// largest passes over a NaN, which the exponentials of all then make seen.
	largest func(x []T) T
	// exp is dst = exp(src-shift), returning the sum.
	exp func(dst, src []T, shift T) T
	// normalize is y = x·f·w.
	normalize func(y, x, w []T, f T)
	// normalizeBack is dx = rstd·(dy·w - x·s), added to dx with acc.
	normalizeBack func(dx, dy, x, w []T, rstd, s T, acc bool)
	// probabilityBack is g = p·(g - s).
	probabilityBack func(g, p []T, s T)
	// rotate is y1, y2 = x1·cos - x2·sin, x2·cos + x1·sin.
	rotate func(y1, y2, x1, x2, cos, sin []T)
	// swiglu is y = gate·sigmoid(gate)·up.
	swiglu func(y, gate, up []T)
	// swigluBack is its gradient: dgate = dy·up·(s + gate·s·(1-s)), dup = dy·gate·s.
	swigluBack func(dgate, dup, dy, gate, up []T)
	// gelu is y = x·Φ(x), geluBack its gradient dx = dy·(Φ(x) + x·φ(x)).
	gelu     func(y, x []T)
	geluBack func(dx, dy, x []T)
	// adamw is a step of AdamW.
	adamw func(p, g, m, v []T, c *adamConstants)
	// drop is y = x ⊙ mask / (1-p), added to y with acc.
	drop func(y, x []T, s dropState, acc bool)
}

// pure are the inner loops in Go around an exponential and the normal distribution.
func pure[T number](exp func(T) T, gaussian func(T) (tails, bell T)) functions[T] {
	tile := micro[T]{4, 2, microGo[T]}
	return functions[T]{
		name: "go", micro: tile, narrow: tile, interleave: interleaveGo[T],
		add: addGo[T], scale: scaleGo[T], dot: dotGo[T], dot3: dot3Go[T], largest: largestGo[T],
		exp:       func(dst, src []T, shift T) T { return expGo(dst, src, shift, exp) },
		normalize: normalizeGo[T], normalizeBack: normalizeBackGo[T],
		probabilityBack: probabilityBackGo[T], rotate: rotateGo[T],
		swiglu:     func(y, gate, up []T) { swigluGo(y, gate, up, exp) },
		swigluBack: func(dgate, dup, dy, gate, up []T) { swigluBackGo(dgate, dup, dy, gate, up, exp) },
		gelu:       func(y, x []T) { geluGo(y, x, gaussian) },
		geluBack:   func(dx, dy, x []T) { geluBackGo(dx, dy, x, gaussian) },
		adamw:      adamwGo[T], drop: dropGo[T],
	}
}

// pure32 are the inner loops for float32 in Go.
func pure32() functions[float32] { return pure(exp32, gaussian32) }

// pure64 are those for float64.
func pure64() functions[float64] { return pure(math.Exp, gaussian64) }
