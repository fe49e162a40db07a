// Command asm writes the assembly of package cpu: see its go:generate lines.
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	ConstraintExpr("amd64")
	gemmAVX512()
	gemmAVX2()
	expAVX512()
	expAVX2()
	dropAVX512()
	dropAVX2()
	Generate()
}
