package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// exponential writes exp of a vector: x = n·ln 2 + r with n whole and
// |r| ≤ ln(2)/2, exp(x) = 2ⁿ·exp(r), and exp(r) is its Taylor polynomial of
// degree 7, whose error there is below 6e-9. ln 2 is subtracted in two parts,
// the first with zeros at its end, so that n times it is exact (Cody and Waite).
type exponential struct {
	lanes
	round  func(x, to reg.VecVirtual)
	times2 func(n, v reg.VecVirtual) // v·2ⁿ
	consts map[string]reg.VecVirtual
}

var exponentials = []exponential{{
	lanes:  avx512,
	round:  func(x, to reg.VecVirtual) { VRNDSCALEPS(Imm(0), x, to) },
	times2: func(n, v reg.VecVirtual) { VSCALEFPS(n, v, v) },
}, {
	lanes: avx2,
	round: func(x, to reg.VecVirtual) { VROUNDPS(Imm(0), x, to) },
	times2: func(n, v reg.VecVirtual) {
		VCVTPS2DQ(n, n)
		VPSLLD(Imm(23), n, n) // to the exponent's place
		VPADDD(n, v, v)
	},
}}

const (
	ln2Upper = 0.693359375 // 355/512
	ln2Lower = math.Ln2 - ln2Upper
	lowest   = -87.3 // exp(lowest) is near the smallest normal float32
	highest  = 88.3  // and exp(highest) near the largest
)

// cells are the constants in memory, made once for both instruction sets.
var cells map[string]Mem

var names = []string{"lowest", "highest", "log2e", "ln2Upper", "ln2Lower", "one", "term2", "term3", "term4", "term5", "term6", "term7"}

func makeCells() {
	if cells != nil {
		return
	}
	cells = map[string]Mem{}
	values := []float64{lowest, highest, math.Log2E, ln2Upper, ln2Lower, 1, 1. / 2, 1. / 6, 1. / 24, 1. / 120, 1. / 720, 1. / 5040}
	for i, name := range names {
		cells[name] = GLOBL("exp_"+name, RODATA|NOPTR)
		DATA(0, U32(math.Float32bits(float32(values[i])))) // not F32: Go would read "1" as a whole number
	}
}

func term(i int) string { return "term" + string(rune('0'+i)) }

// load puts all constants but the first term, which is used up, into registers.
func (e *exponential) load() {
	makeCells()
	e.consts = map[string]reg.VecVirtual{}
	for _, name := range names[:len(names)-1] {
		e.consts[name] = e.vector()
		VBROADCASTSS(cells[name], e.consts[name])
	}
}

// of replaces x by exp(x).
func (e exponential) of(x reg.VecVirtual) {
	n, p := e.vector(), e.vector()
	VMAXPS(x, e.consts["lowest"], x) // this order of operands lets a NaN through
	VMINPS(x, e.consts["highest"], x)
	VMULPS(e.consts["log2e"], x, n)
	e.round(n, n)
	VFNMADD231PS(e.consts["ln2Upper"], n, x)
	VFNMADD231PS(e.consts["ln2Lower"], n, x)
	VBROADCASTSS(cells[term(7)], p)
	for i := 6; i >= 0; i-- {
		name := "one"
		if i > 1 {
			name = term(i)
		}
		VFMADD213PS(e.consts[name], x, p)
	}
	e.times2(n, p)
	VMOVAPS(p, x)
}

// write writes the loops that need an exponential.
func (e exponential) write() {
	e.exp()
	e.swiglu()
	e.swigluBack()
	e.gelu()
	e.geluBack()
}

func (e exponential) exp() {
	e.function("exp", "dst src", ", shift float32) float32", "dst = exp(src-shift); it returns the sum.")
	e.load()
	shift, sum := e.spread("shift"), e.zeros()
	e.each("dst src", func(at []Mem) {
		x := e.lanes.load(at[1])
		VSUBPS(shift, x, x)
		e.of(x)
		VADDPS(x, sum, sum)
		VMOVUPS(x, at[0])
	})
	e.result(sum, sumOf)
}

func (e exponential) swiglu() {
	e.function("swiglu", "y gate up", ")", "y = gate/(1+exp(-gate))·up.")
	e.load()
	e.each("y gate up", func(at []Mem) {
		x := e.onePlusExp(at[1])
		VDIVPS(x, e.lanes.load(at[1]), x)
		VMULPS(at[2], x, x)
		VMOVUPS(x, at[0])
	})
	e.end()
}

func (e exponential) swigluBack() {
	const arrays = "dgate dup dy gate up"
	e.function("swigluBack", arrays, ")", "with s = 1/(1+exp(-gate)), dgate = dy·up·(s + gate·s·(1-s))", "and dup = dy·gate·s.")
	e.load()
	e.each(arrays, func(at []Mem) {
		s := e.onePlusExp(at[3])
		VDIVPS(s, e.consts["one"], s)
		dy, silu, slope := e.lanes.load(at[2]), e.vector(), e.vector()
		VMULPS(at[3], s, silu)
		VSUBPS(s, e.consts["one"], slope)
		VFMADD213PS(s, silu, slope) // s + silu·(1-s)
		VMULPS(dy, silu, silu)
		VMULPS(at[4], dy, dy)
		VMULPS(slope, dy, dy)
		VMOVUPS(dy, at[0])
		VMOVUPS(silu, at[1])
	})
	e.end()
}

// onePlusExp is 1 + exp(-x).
func (e exponential) onePlusExp(x Mem) reg.VecVirtual {
	v := e.zeros()
	VSUBPS(x, v, v)
	e.of(v)
	VADDPS(e.consts["one"], v, v)
	return v
}
