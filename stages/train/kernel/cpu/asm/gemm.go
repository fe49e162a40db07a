package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const gemmSignature = "func(k int, a, b, c *float32, lda, step, ldb, ldc int, alpha float32, acc bool)"

// gemm is a micro kernel of rows by vectors: the tile of the result stays in
// registers while k runs.
type gemm struct {
	lanes
	rows, columns int // columns in vectors
}

func (g gemm) write(name, doc string) {
	TEXT(name, NOSPLIT, gemmSignature)
	Pragma("noescape")
	Doc(name + " is the micro kernel of " + doc + ".")
	k, b := Load(Param("k"), GP64()), Load(Param("b"), GP64())
	lda, step, ldb := g.stride("lda"), g.stride("step"), g.stride("ldb")
	rows := g.rowPointers(Load(Param("a"), GP64()), lda)
	tile := make([][]reg.VecVirtual, g.rows)
	for i := range tile {
		for range g.columns {
			tile[i] = append(tile[i], g.zeros())
		}
	}
	TESTQ(k, k)
	JZ(LabelRef("store"))
	Label("sum")
	g.step(tile, rows, lda, b)
	for _, row := range rows {
		ADDQ(step, row)
	}
	ADDQ(ldb, b)
	DECQ(k)
	JNZ(LabelRef("sum"))
	g.store(tile)
	g.end()
}

// step adds the products of one k.
func (g gemm) step(tile [][]reg.VecVirtual, rows []reg.Register, lda, b reg.Register) {
	var right []reg.VecVirtual
	for j := range g.columns {
		right = append(right, g.load(Mem{Base: b, Disp: 4 * g.width * j}))
	}
	left := [2]reg.VecVirtual{g.vector(), g.vector()}
	for i := range tile {
		VBROADCASTSS(rowAt(rows[i/3], lda, i%3), left[i%2])
		for j := range right {
			VFMADD231PS(left[i%2], right[j], tile[i][j])
		}
	}
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
func (g gemm) store(tile [][]reg.VecVirtual) {
	Label("store")
	c, ldc := Load(Param("c"), GP64()), g.stride("ldc")
	alpha := g.spread("alpha")
	acc := Load(Param("acc"), GP8())
	TESTB(acc, acc)
	JNZ(LabelRef("add"))
	g.rowsOf(tile, c, ldc, func(v reg.VecVirtual, at Mem) {
		VMULPS(alpha, v, v)
		VMOVUPS(v, at)
	})
	g.end()
	Label("add")
	old := g.vector()
	g.rowsOf(tile, c, ldc, func(v reg.VecVirtual, at Mem) {
		VMOVUPS(at, old)
		VFMADD231PS(alpha, v, old)
		VMOVUPS(old, at)
	})
}

func (g gemm) rowsOf(tile [][]reg.VecVirtual, c, ldc reg.Register, f func(v reg.VecVirtual, at Mem)) {
	p := GP64()
	MOVQ(c, p)
	for i := range tile {
		for j, v := range tile[i] {
			f(v, Mem{Base: p, Disp: 4 * g.width * j})
		}
		if i+1 < len(tile) {
			ADDQ(ldc, p)
		}
	}
}
