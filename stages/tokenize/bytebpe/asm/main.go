// Command asm writes the assembly of package bytebpe: see its go:generate line.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("amd64")
	TEXT("rowsAVX2", NOSPLIT, "func(to *[8]uint64, text *[64]byte, of *[2][16]byte)")
	Pragma("noescape")
	Doc("rowsAVX2 is rows.take for two vectors of 32 bytes.")
	to, text, of := Load(Param("to"), GP64()), Load(Param("text"), GP64()), Load(Param("of"), GP64())
	var tables [2]reg.VecVirtual
	for i := range tables {
		tables[i] = YMM()
		VBROADCASTI128(Mem{Base: of, Disp: 16 * i}, tables[i])
	}
	low := lowHalves()
	first, second := found(text, 0, tables, low), found(text, 32, tables, low)
	for bit := 7; bit >= 0; bit-- {
		row, upper := GP64(), GP64()
		VPMOVMSKB(first, row.As32())
		VPMOVMSKB(second, upper.As32())
		SHLQ(Imm(32), upper)
		ORQ(upper, row)
		MOVQ(row, Mem{Base: to, Disp: 8 * bit})
		VPADDB(first, first, first) // the next bit becomes the upper one
		VPADDB(second, second, second)
	}
	VZEROUPPER()
	RET()
	Generate()
}

// lowHalves has the lower four bits of each byte set.
func lowHalves() reg.VecVirtual {
	bits, low := GP32(), YMM()
	MOVL(U32(0x0f), bits)
	VMOVD(bits, low.AsX())
	VPBROADCASTB(low.AsX(), low)
	return low
}

// found are the bits that the tables have for both halves of each byte.
func found(text reg.Register, at int, tables [2]reg.VecVirtual, low reg.VecVirtual) reg.VecVirtual {
	v, upper := YMM(), YMM()
	VMOVDQU(Mem{Base: text, Disp: at}, v)
	VPSRLW(Imm(4), v, upper)
	VPAND(low, upper, upper)
	VPAND(low, v, v)
	VPSHUFB(upper, tables[0], upper)
	VPSHUFB(v, tables[1], v)
	VPAND(upper, v, v)
	return v
}
