package cpu

import "unsafe"

// micro is the innermost kernel: a tile [mr, nr] of the result.
type micro[T number] struct {
	mr, nr int
	// run is c = alpha·Σ_k a[k]·b[k]ᵀ, added to c with acc, where a has rows lda
	// and steps of k step apart, b steps of k ldb and c rows ldc.
	run func(k int, a, b, c *T, lda, step, ldb, ldc int, alpha T, acc bool)
}

// microGo is the micro kernel of 4 by 2 in Go: its sums fit the registers.
func microGo[T number](k int, a, b, c *T, lda, step, ldb, ldc int, alpha T, acc bool) {
	as, bs := unsafe.Slice(a, 3*lda+(k-1)*step+1), unsafe.Slice(b, (k-1)*ldb+2)
	var t00, t01, t10, t11, t20, t21, t30, t31 T
	for range k {
		b0, b1 := bs[0], bs[1]
		a0, a1, a2, a3 := as[0], as[lda], as[2*lda], as[3*lda]
		t00 += a0 * b0
		t01 += a0 * b1
		t10 += a1 * b0
		t11 += a1 * b1
		t20 += a2 * b0
		t21 += a2 * b1
		t30 += a3 * b0
		t31 += a3 * b1
		as, bs = as[min(step, len(as)):], bs[min(ldb, len(bs)):]
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
