package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gaussian are the constants of the loops about the normal distribution: see gaussian32
// in package cpu.
var gaussian = map[string]float64{
	"minusHalf": -0.5, "half": 0.5, "minusOne": -1, "large": 0x1p100, "density": 1 / math.Sqrt(2*math.Pi),
	"p": 0.3275911 / math.Sqrt2, "a1": 0.254829592, "a2": -0.284496736, "a3": 1.421413741, "a4": -1.453152027, "a5": 1.061405429,
}

// constant is one of them in every lane. They are too many for the registers.
func (e exponential) constant(name string) reg.VecVirtual {
	key := "gaussian_" + name
	if _, made := cells[key]; !made {
		cells[key] = GLOBL(key, RODATA|NOPTR)
		DATA(0, U32(math.Float32bits(float32(gaussian[name]))))
	}
	v := e.vector()
	VBROADCASTSS(cells[key], v)
	return v
}

// bell is exp(-x²/2).
func (e exponential) bell(x Mem) reg.VecVirtual {
	v := e.lanes.load(x)
	VMULPS(v, v, v)
	VMULPS(e.constant("minusHalf"), v, v)
	e.of(v)
	return v
}

// size is |x|.
func (e exponential) size(x Mem) reg.VecVirtual {
	v := e.zeros()
	VSUBPS(x, v, v)
	VMAXPS(x, v, v) // a NaN comes through
	return v
}

// share is what twice the tail of the distribution beyond |x| is of the bell.
func (e exponential) share(size reg.VecVirtual) reg.VecVirtual {
	t, sum := e.constant("p"), e.constant("a5")
	VFMADD213PS(e.consts["one"], size, t)
	VDIVPS(t, e.consts["one"], t)
	for _, name := range []string{"a4", "a3", "a2", "a1"} {
		VFMADD213PS(e.constant(name), t, sum)
	}
	VMULPS(t, sum, sum)
	return sum
}

func (e exponential) gelu() {
	e.function("gelu", "y x", ")", "y = x·Φ(x).")
	e.load()
	e.each("y x", func(at []Mem) {
		tail, size := e.bell(at[1]), e.size(at[1])
		VMULPS(e.share(size), tail, tail)
		VMULPS(size, tail, tail)
		v := e.zeros()
		VMAXPS(at[1], v, v)
		VFMADD231PS(e.constant("minusHalf"), tail, v)
		VMOVUPS(v, at[0])
	})
	e.end()
}

func (e exponential) geluBack() {
	e.function("geluBack", "dx dy x", ")", "dx = dy·(Φ(x) + x·φ(x)).")
	e.load()
	e.each("dx dy x", func(at []Mem) {
		bell := e.bell(at[2])
		tail := e.share(e.size(at[2]))
		VMULPS(bell, tail, tail)
		slope, sign := e.constant("half"), e.constant("large")
		VFMADD213PS(e.constant("half"), e.constant("minusHalf"), tail) // Φ(|x|) - ½
		VMULPS(at[2], sign, sign)
		VMAXPS(sign, e.constant("minusOne"), sign)
		VMINPS(sign, e.consts["one"], sign)
		VFMADD231PS(sign, tail, slope)
		VMULPS(at[2], bell, bell)
		VFMADD231PS(e.constant("density"), bell, slope)
		VMULPS(at[1], slope, slope)
		VMOVUPS(slope, at[0])
	})
	e.end()
}
