package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// philox writes Philox4x32-10 for a counter in each lane, and the dropout it
// decides: see philox and dropBlock in package cpu, whose numbers it must give.
type philox struct {
	lanes
	blend func(odd, even, to reg.VecVirtual) // lanes 1, 3, … of odd, 0, 2, … of even
	xor   func(a, b, to reg.VecVirtual)
	keep  func(random, below reg.VecVirtual, x reg.VecVirtual) // zeroes x where random < below
	fill  func(counter reg.Register, to reg.VecVirtual)        // every lane
}

const dropSignature = "func(y, x *float32, blocks int, state *uint32, acc bool)"

func dropAVX512() {
	TEXT("dropAVX512", NOSPLIT, dropSignature)
	Pragma("noescape")
	Doc("dropAVX512 is dropout over blocks of 64 elements.")
	odd := K()
	lanes := GP32()
	MOVL(U32(0xAAAA), lanes)
	KMOVW(lanes, odd)
	philox{lanes: avx512,
		blend: func(o, e, to reg.VecVirtual) { VPBLENDMD(o, e, odd, to) },
		xor:   func(a, b, to reg.VecVirtual) { VPXORD(a, b, to) },
		fill:  func(c reg.Register, to reg.VecVirtual) { VPBROADCASTD(c, to) },
		keep: func(random, below, x reg.VecVirtual) {
			kept := K()
			VPCMPUD(Imm(5), below, random, kept) // 5: not less than
			VMOVAPS_Z(x, kept, x)
		}}.write()
}

func dropAVX2() {
	TEXT("dropAVX2", NOSPLIT, dropSignature)
	Pragma("noescape")
	Doc("dropAVX2 is dropout over blocks of 64 elements.")
	philox{lanes: avx2,
		blend: func(o, e, to reg.VecVirtual) { VPBLENDD(Imm(0xAA), o, e, to) },
		xor:   func(a, b, to reg.VecVirtual) { VPXOR(a, b, to) },
		fill: func(c reg.Register, to reg.VecVirtual) {
			low := XMM()
			VMOVD(c, low)
			VPBROADCASTD(low, to)
		},
		keep: func(random, below, x reg.VecVirtual) {
			VPMAXUD(random, below, below) // the random number itself where it is not less
			VPCMPEQD(random, below, below)
			VANDPS(below, x, x)
		}}.write()
}

// The places of dropState, in bytes.
const (
	atStream, atStepLow, atStepHigh = 0, 4, 8
	atKeyLow, atKeyHigh             = 12, 16
	atBelow, atKeep, atCounter      = 20, 24, 28
)

func (p philox) write() {
	philoxCells()
	y, x := Load(Param("y"), GP64()), Load(Param("x"), GP64())
	blocks, state := Load(Param("blocks"), GP64()), Load(Param("state"), GP64())
	counter, acc := GP32(), Load(Param("acc"), GP8())
	MOVL(Mem{Base: state, Disp: atCounter}, counter)
	Label("block")
	for part := range 16 / p.width {
		for word, random := range p.draw(counter, part, state) {
			at := 4 * (16*word + p.width*part)
			p.apply(random, Mem{Base: x, Disp: at}, Mem{Base: y, Disp: at}, state, acc, fmt.Sprintf("store_%d_%d", part, word))
		}
	}
	ADDL(Imm(16), counter)
	ADDQ(U32(256), x)
	ADDQ(U32(256), y)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	p.end()
}

// philoxCells makes the constants, once for both instruction sets.
func philoxCells() {
	if _, made := cells["lanes"]; made {
		return
	}
	for _, c := range []struct {
		name  string
		value uint32
	}{{"m0", 0xD2511F53}, {"m1", 0xCD9E8D57}, {"w0", 0x9E3779B9}, {"w1", 0xBB67AE85}} {
		cells[c.name] = GLOBL("philox_"+c.name, RODATA|NOPTR)
		DATA(0, U32(c.value))
	}
	cells["lanes"] = GLOBL("philox_lanes", RODATA|NOPTR)
	for i := range 16 {
		DATA(4*i, U32(uint32(i)))
	}
}

// draw returns the four words of the counters of a part of the block.
func (p philox) draw(counter reg.GPVirtual, part int, state reg.Register) [4]reg.VecVirtual {
	var c [4]reg.VecVirtual
	start := p.vector()
	p.fill(counter, start)
	c[0] = p.vector()
	VPADDD(cells["lanes"].Offset(4*p.width*part), start, c[0])
	for i, at := range []int{atStream, atStepLow, atStepHigh} {
		c[i+1] = p.broadcast(Mem{Base: state, Disp: at})
	}
	k0, k1 := p.broadcast(Mem{Base: state, Disp: atKeyLow}), p.broadcast(Mem{Base: state, Disp: atKeyHigh})
	m0, m1 := p.broadcast(cells["m0"]), p.broadcast(cells["m1"])
	w0, w1 := p.broadcast(cells["w0"]), p.broadcast(cells["w1"])
	for range 10 {
		hi0, lo0 := p.product(c[0], m0)
		hi1, lo1 := p.product(c[2], m1)
		p.xor(c[1], hi1, hi1)
		p.xor(k0, hi1, hi1)
		p.xor(c[3], hi0, hi0)
		p.xor(k1, hi0, hi0)
		c = [4]reg.VecVirtual{hi1, lo1, hi0, lo0}
		VPADDD(w0, k0, k0)
		VPADDD(w1, k1, k1)
	}
	return c
}

func (p philox) broadcast(m Mem) reg.VecVirtual {
	v := p.vector()
	VPBROADCASTD(m, v)
	return v
}

// product is the upper and lower halves of c·m in each lane; the instruction
// multiplies every second lane.
func (p philox) product(c, m reg.VecVirtual) (hi, lo reg.VecVirtual) {
	even, odd := p.vector(), p.vector()
	VPMULUDQ(m, c, even)
	VPSRLQ(Imm(32), c, odd)
	VPMULUDQ(m, odd, odd)
	hi, lo = p.vector(), p.vector()
	VPSRLQ(Imm(32), even, hi)
	p.blend(odd, hi, hi)
	VPSLLQ(Imm(32), odd, odd)
	p.blend(odd, even, lo)
	return hi, lo
}

// apply is dropout of one vector.
func (p philox) apply(random reg.VecVirtual, x, y Mem, state, acc reg.Register, store string) {
	v := p.vector()
	keep := p.vector()
	VBROADCASTSS(Mem{Base: state, Disp: atKeep}, keep)
	VMULPS(x, keep, v)
	p.keep(random, p.broadcast(Mem{Base: state, Disp: atBelow}), v)
	TESTB(acc, acc)
	JZ(LabelRef(store))
	VADDPS(y, v, v)
	Label(store)
	VMOVUPS(v, y)
}
