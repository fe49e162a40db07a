package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// interleave writes four columns side by side into rows that are width apart: eight
// numbers of each are read, and turned as two matrices of 4 by 4, one in each half
// of the registers.
func interleave() {
	TEXT("interleaveAVX2", NOSPLIT, "func(to, a, b, c, d *float32, n, width int)")
	Pragma("noescape")
	Doc("interleaveAVX2 is to[i·width:] = a[i], b[i], c[i], d[i] for a multiple n of 8.")
	to, width, n := Load(Param("to"), GP64()), Load(Param("width"), GP64()), Load(Param("n"), GP64())
	SHLQ(Imm(2), width)
	var from []reg.Register
	for _, name := range []string{"a", "b", "c", "d"} {
		from = append(from, Load(Param(name), GP64()))
	}
	upper := GP64()
	Label("next")
	LEAQ(Mem{Base: to, Index: width, Scale: 4}, upper)
	for i, v := range turned(from) {
		VMOVUPS(v.AsX(), Mem{Base: to})
		VEXTRACTF128(Imm(1), v, Mem{Base: upper})
		if i < 3 {
			ADDQ(width, to)
			ADDQ(width, upper)
		}
	}
	LEAQ(Mem{Base: upper, Index: width, Scale: 1}, to)
	for _, p := range from {
		ADDQ(Imm(32), p)
	}
	SUBQ(Imm(8), n)
	JNZ(LabelRef("next"))
	avx2.end()
}

// turned returns, for i from 0, number i of all columns, and number i+4 above it.
func turned(from []reg.Register) (rows [4]reg.VecVirtual) {
	var v, pair [4]reg.VecVirtual
	for i := range v {
		v[i] = avx2.load(Mem{Base: from[i]})
		pair[i], rows[i] = YMM(), YMM()
	}
	VUNPCKLPS(v[1], v[0], pair[0]) // a0 b0 a1 b1
	VUNPCKHPS(v[1], v[0], pair[1]) // a2 b2 a3 b3
	VUNPCKLPS(v[3], v[2], pair[2]) // c0 d0 c1 d1
	VUNPCKHPS(v[3], v[2], pair[3])
	for i := range rows {
		half := Imm(0x44)
		if i%2 == 1 {
			half = Imm(0xEE)
		}
		VSHUFPS(half, pair[2+i/2], pair[i/2], rows[i])
	}
	return rows
}
