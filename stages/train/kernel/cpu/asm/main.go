// Command asm writes the assembly of package cpu: see its go:generate lines.
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	ConstraintExpr("amd64")
	gemm{avx512, 12, 2}.write("gemmAVX512", "12 by 32")
	gemm{avx2, 6, 2}.write("gemmAVX2", "6 by 16")
	gemm{avx2, 12, 1}.write("gemmNarrow", "12 by 8")
	interleave()
	for _, l := range []lanes{avx512, avx2} {
		l.elementwise()
		l.reductions()
	}
	for _, e := range exponentials {
		e.write()
	}
	for _, a := range adamws {
		a.write()
	}
	dropAVX512()
	dropAVX2()
	Generate()
}
