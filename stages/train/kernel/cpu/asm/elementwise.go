package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// elementwise writes the loops over lists of numbers; the Go of the same names in
// package cpu says what they compute.
func (l lanes) elementwise() {
	l.add()
	l.scale()
	l.normalize()
	l.normalizeBack()
	l.probabilityBack()
	l.rotate()
}

func (l lanes) add() {
	l.function("add", "y a b", ")", "y = a + b.")
	l.each("y a b", func(at []Mem) {
		v := l.load(at[1])
		VADDPS(at[2], v, v)
		VMOVUPS(v, at[0])
	})
	l.end()
}

func (l lanes) scale() {
	l.function("scale", "y x", ", f float32)", "y = x·f.")
	f := l.spread("f")
	l.each("y x", func(at []Mem) {
		v := l.vector()
		VMULPS(at[1], f, v)
		VMOVUPS(v, at[0])
	})
	l.end()
}

func (l lanes) normalize() {
	l.function("normalize", "y x w", ", f float32)", "y = x·f·w.")
	f := l.spread("f")
	l.each("y x w", func(at []Mem) {
		v := l.vector()
		VMULPS(at[1], f, v)
		VMULPS(at[2], v, v)
		VMOVUPS(v, at[0])
	})
	l.end()
}

func (l lanes) normalizeBack() {
	l.function("normalizeBack", "dx dy x w", ", rstd, s float32, acc bool)", "dx = rstd·(dy·w - x·s), added to dx with acc.")
	rstd, s := l.spread("rstd"), l.spread("s")
	acc := Load(Param("acc"), GP8())
	l.each("dx dy x w", func(at []Mem) {
		v, xs := l.load(at[1]), l.vector()
		VMULPS(at[3], v, v)
		VMULPS(at[2], s, xs)
		VSUBPS(xs, v, v)
		VMULPS(rstd, v, v)
		TESTB(acc, acc)
		JZ(LabelRef("store"))
		VADDPS(at[0], v, v)
		Label("store")
		VMOVUPS(v, at[0])
	})
	l.end()
}

func (l lanes) probabilityBack() {
	l.function("probabilityBack", "grad p", ", s float32)", "grad = p·(grad - s).")
	s := l.spread("s")
	l.each("grad p", func(at []Mem) {
		v := l.load(at[0])
		VSUBPS(s, v, v)
		VMULPS(at[1], v, v)
		VMOVUPS(v, at[0])
	})
	l.end()
}

func (l lanes) rotate() {
	const arrays = "y1 y2 x1 x2 cos sin"
	l.function("rotate", arrays, ")", "y1, y2 = x1·cos - x2·sin, x2·cos + x1·sin.")
	l.each(arrays, func(at []Mem) {
		a, b, c, s := l.load(at[2]), l.load(at[3]), l.load(at[4]), l.load(at[5])
		u, v := l.vector(), l.vector()
		VMULPS(b, s, u)
		VFMSUB231PS(a, c, u)
		VMULPS(a, s, v)
		VFMADD231PS(b, c, v)
		VMOVUPS(u, at[0])
		VMOVUPS(v, at[1])
	})
	l.end()
}
