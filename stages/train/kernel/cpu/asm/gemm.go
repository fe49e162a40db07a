package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const gemmSignature = "func(k int, a, b, c *float32, lda, step, ldb, ldc int, alpha float32, acc bool)"

// gemm is a micro kernel of rows by two vectors: the tile of the result stays in
// registers while k runs.
type gemm struct {
	rows, width int // width of a vector in bytes
	vector      func() reg.VecVirtual
	mul         func(ops ...Op)
	fma         func(ops ...Op)
	clear       func(v reg.VecVirtual)
}

func gemmAVX512() {
	TEXT("gemmAVX512", NOSPLIT, gemmSignature)
	Pragma("noescape")
	Doc("gemmAVX512 is the micro kernel of 12 by 32.")
	gemm{12, 64, ZMM, func(o ...Op) { VMULPS(o...) }, func(o ...Op) { VFMADD231PS(o...) },
		func(v reg.VecVirtual) { VPXORD(v, v, v) }}.write()
}

func gemmAVX2() {
	TEXT("gemmAVX2", NOSPLIT, gemmSignature)
	Pragma("noescape")
	Doc("gemmAVX2 is the micro kernel of 6 by 16.")
	gemm{6, 32, YMM, func(o ...Op) { VMULPS(o...) }, func(o ...Op) { VFMADD231PS(o...) },
		func(v reg.VecVirtual) { VXORPS(v, v, v) }}.write()
}

func (g gemm) write() {
	k, b := Load(Param("k"), GP64()), Load(Param("b"), GP64())
	lda, step, ldb := g.stride("lda"), g.stride("step"), g.stride("ldb")
	rows := g.rowPointers(Load(Param("a"), GP64()), lda)
	tile := make([][2]reg.VecVirtual, g.rows)
	for i := range tile {
		for j := range tile[i] {
			tile[i][j] = g.vector()
			g.clear(tile[i][j])
		}
	}
	b0, b1, x := g.vector(), g.vector(), [2]reg.VecVirtual{g.vector(), g.vector()}
	TESTQ(k, k)
	JZ(LabelRef("store"))
	Label("sum")
	VMOVUPS(Mem{Base: b}, b0)
	VMOVUPS(Mem{Base: b, Disp: g.width}, b1)
	for i := range tile {
		VBROADCASTSS(rowAt(rows[i/3], lda, i%3), x[i%2])
		g.fma(x[i%2], b0, tile[i][0])
		g.fma(x[i%2], b1, tile[i][1])
	}
	for _, row := range rows {
		ADDQ(step, row)
	}
	ADDQ(ldb, b)
	DECQ(k)
	JNZ(LabelRef("sum"))
	g.store(tile, x[0])
	VZEROUPPER()
	RET()
}

// stride loads a number of floats as bytes.
func (g gemm) stride(name string) reg.Register {
	n := Load(Param(name), GP64())
	SHLQ(Imm(2), n)
	return n
}

// rowPointers are pointers to every third row: the addresses of the rows between
// are these plus once or twice the stride.
func (g gemm) rowPointers(a, lda reg.Register) []reg.Register {
	rows := []reg.Register{a}
	for range g.rows/3 - 1 {
		p := GP64()
		LEAQ(Mem{Base: rows[len(rows)-1], Index: lda, Scale: 2}, p)
		ADDQ(lda, p)
		rows = append(rows, p)
	}
	return rows
}

func rowAt(base, lda reg.Register, i int) Mem {
	if i == 0 {
		return Mem{Base: base}
	}
	return Mem{Base: base, Index: lda, Scale: uint8(i)}
}

// store writes alpha times the tile, added to c where acc is set.
func (g gemm) store(tile [][2]reg.VecVirtual, alpha reg.VecVirtual) {
	Label("store")
	c, ldc := Load(Param("c"), GP64()), Load(Param("ldc"), GP64())
	SHLQ(Imm(2), ldc)
	address, err := Param("alpha").Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(address.Addr, alpha)
	acc := Load(Param("acc"), GP8())
	TESTB(acc, acc)
	JNZ(LabelRef("add"))
	g.rowsOf(tile, c, ldc, func(v reg.VecVirtual, at Mem) { g.mul(alpha, v, v) })
	VZEROUPPER()
	RET()
	Label("add")
	old := g.vector()
	g.rowsOf(tile, c, ldc, func(v reg.VecVirtual, at Mem) {
		VMOVUPS(at, old)
		g.fma(alpha, v, old)
		VMOVAPS(old, v)
	})
}

func (g gemm) rowsOf(tile [][2]reg.VecVirtual, c, ldc reg.Register, f func(v reg.VecVirtual, at Mem)) {
	p := GP64()
	MOVQ(c, p)
	for i := range tile {
		for j, v := range tile[i] {
			at := Mem{Base: p, Disp: j * g.width}
			f(v, at)
			VMOVUPS(v, at)
		}
		if i+1 < len(tile) {
			ADDQ(ldc, p)
		}
	}
}
