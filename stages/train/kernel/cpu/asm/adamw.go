package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// adamw writes AdamW in float64 between float32 arrays, operation by operation as
// in the Go of package cpu, so that the two agree to the bit. Its vectors hold half
// as many numbers as those of float32.
type adamw struct {
	lanes
	half  func() reg.VecVirtual
	store func(v, half reg.VecVirtual, to Mem)
}

var adamws = []adamw{{
	lanes: lanes{"AVX512", 8, ZMM, avx512.clear},
	half:  YMM,
	store: func(v, half reg.VecVirtual, to Mem) {
		VCVTPD2PS(v, half)
		VMOVUPS(half, to)
	},
}, {
	lanes: lanes{"AVX2", 4, YMM, avx2.clear},
	half:  XMM,
	store: func(v, half reg.VecVirtual, to Mem) {
		VCVTPD2PSY(v, half)
		VMOVUPS(half, to)
	},
}}

func (l adamw) write() {
	l.function("adamw", "p grad m v", ", constants *float64)", "AdamW; constants are those of adamConstants.")
	c := l.constants()
	l.each("p grad m v", func(at []Mem) {
		g, square := l.wide(at[1]), l.vector()
		VMULPD(c[gradScale], g, g)
		VMULPD(c[rest2], g, square)
		VMULPD(g, square, square)
		m := l.moment(at[2], c[beta1])
		VMULPD(c[rest1], g, g)
		VADDPD(g, m, m)
		v := l.moment(at[3], c[beta2])
		VADDPD(square, v, v)
		l.store(m, l.half(), at[2])
		l.store(v, l.half(), at[3])
		VSQRTPD(v, v)
		VDIVPD(c[root], v, v)
		VADDPD(c[eps], v, v)
		VMULPD(c[stepSize], m, m)
		VDIVPD(v, m, m)
		p := l.moment(at[0], c[decay])
		VSUBPD(m, p, p)
		l.store(p, l.half(), at[0])
	})
	l.end()
}

// The places of adamConstants.
const (
	decay = iota
	stepSize
	root
	eps
	gradScale
	beta1
	rest1
	beta2
	rest2
	constants
)

func (l adamw) constants() (c [constants]reg.VecVirtual) {
	from := Load(Param("constants"), GP64())
	for i := range c {
		c[i] = l.vector()
		VBROADCASTSD(Mem{Base: from, Disp: 8 * i}, c[i])
	}
	return c
}

func (l adamw) wide(m Mem) reg.VecVirtual {
	v := l.vector()
	VCVTPS2PD(m, v)
	return v
}

// moment is a number of m times factor.
func (l adamw) moment(m Mem, factor reg.VecVirtual) reg.VecVirtual {
	v := l.wide(m)
	VMULPD(factor, v, v)
	return v
}
