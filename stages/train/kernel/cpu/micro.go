package cpu

import "unsafe"

// micro is the innermost kernel: a tile [mr, nr] of the result.
type micro[T number] struct {
	mr, nr int
	// run is c = alpha·Σ_k a[k]·b[k]ᵀ, added to c with acc, where a is packed
	// [k, mr], b [k, nr] and c has rows ldc apart.
	run func(k int, a, b, c *T, ldc int, alpha T, acc bool)
}

// pure are the inner loops in Go.
func pure[T number]() functions[T] {
	return functions[T]{name: "go", micro: micro[T]{4, 2, microGo[T]}, exp: expGo[T], sigmoid: sigmoidGo[T], drop: dropGo[T]}
}

// microGo is the micro kernel of 4 by 2 in Go: its sums fit the registers.
func microGo[T number](k int, a, b, c *T, ldc int, alpha T, acc bool) {
	as, bs := unsafe.Slice(a, 4*k), unsafe.Slice(b, 2*k)
	var t00, t01, t10, t11, t20, t21, t30, t31 T
	for len(as) >= 4 && len(bs) >= 2 {
		b0, b1 := bs[0], bs[1]
		a0, a1, a2, a3 := as[0], as[1], as[2], as[3]
		t00 += a0 * b0
		t01 += a0 * b1
		t10 += a1 * b0
		t11 += a1 * b1
		t20 += a2 * b0
		t21 += a2 * b1
		t30 += a3 * b0
		t31 += a3 * b1
		as, bs = as[4:], bs[2:]
	}
	cs := unsafe.Slice(c, 3*ldc+2)
	for i, t := range [4][2]T{{t00, t01}, {t10, t11}, {t20, t21}, {t30, t31}} {
		for j, x := range t {
			if acc {
				cs[i*ldc+j] += alpha * x
			} else {
				cs[i*ldc+j] = alpha * x
			}
		}
	}
}
