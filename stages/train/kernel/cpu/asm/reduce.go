package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// reductions writes the loops whose result is one number.
func (l lanes) reductions() {
	l.sum("dot", "a b", "Σ a·b.", func(at []Mem, sum reg.VecVirtual) {
		v := l.load(at[0])
		VFMADD231PS(at[1], v, sum)
	})
	l.sum("dot3", "a b c", "Σ a·b·c.", func(at []Mem, sum reg.VecVirtual) {
		v := l.load(at[0])
		VMULPS(at[1], v, v)
		VFMADD231PS(at[2], v, sum)
	})
	l.largest()
}

func (l lanes) sum(name, arrays, doc string, body func(at []Mem, sum reg.VecVirtual)) {
	l.function(name, arrays, ") float32", doc)
	sum := l.zeros()
	l.each(arrays, func(at []Mem) { body(at, sum) })
	l.result(sum, sumOf)
}

// largest begins with the first vector. Its comparisons pass over a NaN but for the
// first of a lane.
func (l lanes) largest() {
	l.function("largest", "x", ") float32", "the largest number.")
	top := l.load(Mem{Base: Load(Param("x"), GP64())})
	l.each("x", func(at []Mem) { VMAXPS(top, l.load(at[0]), top) })
	l.result(top, func(a, b, to reg.Register) { VMAXPS(a, b, to) })
}

func sumOf(a, b, to reg.Register) { VADDPS(a, b, to) }

// result folds the lanes of v, half onto half, and returns the number that is left.
func (l lanes) result(v reg.VecVirtual, fold func(a, b, to reg.Register)) {
	if l.width == 16 {
		upper := ZMM()
		VSHUFF64X2(Imm(0b11_10_11_10), v, v, upper)
		fold(upper, v, v)
	}
	low, other := XMM(), XMM()
	VEXTRACTF128(Imm(1), v.AsY(), low)
	fold(low, v.AsX(), low)
	VMOVHLPS(low, low, other)
	fold(other, low, low)
	VMOVSHDUP(low, other)
	fold(other, low, low)
	address, err := ReturnIndex(0).Resolve()
	if err != nil {
		panic(err)
	}
	VMOVSS(low, address.Addr)
	l.end()
}
