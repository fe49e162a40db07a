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
	vector func() reg.VecVirtual
	width  int // numbers in a vector
	round  func(x, to reg.VecVirtual)
	scale  func(n, v reg.VecVirtual) // v·2ⁿ
	consts map[string]reg.VecVirtual
}

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
func (e exponential) load() {
	clear(e.consts)
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
	e.scale(n, p)
	VMOVAPS(p, x)
}

func expAVX512() {
	e := exponential{vector: ZMM, width: 16, consts: map[string]reg.VecVirtual{},
		round: func(x, to reg.VecVirtual) { VRNDSCALEPS(Imm(0), x, to) },
		scale: func(n, v reg.VecVirtual) { VSCALEFPS(n, v, v) }}
	e.write("AVX512")
}

func expAVX2() {
	e := exponential{vector: YMM, width: 8, consts: map[string]reg.VecVirtual{},
		round: func(x, to reg.VecVirtual) { VROUNDPS(Imm(0), x, to) },
		scale: func(n, v reg.VecVirtual) {
			VCVTPS2DQ(n, n)
			VPSLLD(Imm(23), n, n) // to the exponent's place
			VPADDD(n, v, v)
		}}
	e.write("AVX2")
}

func (e exponential) write(set string) {
	makeCells()
	TEXT("exp"+set, NOSPLIT, "func(dst, src *float32, n int, shift float32, sums *float32)")
	Pragma("noescape")
	Doc("exp"+set+" is dst[i] = exp(src[i]-shift) for whole vectors; sums receives", "the sum of each lane.")
	e.load()
	shift, sum, x := e.vector(), e.vector(), e.vector()
	address, err := Param("shift").Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(address.Addr, shift)
	VSUBPS(shift, shift, sum)
	e.loop(func(dst, src Mem) {
		VMOVUPS(src, x)
		VSUBPS(shift, x, x)
		e.of(x)
		VADDPS(x, sum, sum)
		VMOVUPS(x, dst)
	})
	VMOVUPS(sum, Mem{Base: Load(Param("sums"), GP64())})
	VZEROUPPER()
	RET()
	e.writeSigmoid(set)
}

func (e exponential) writeSigmoid(set string) {
	TEXT("sigmoid"+set, NOSPLIT, "func(dst, src *float32, n int)")
	Pragma("noescape")
	Doc("sigmoid" + set + " is dst[i] = 1/(1+exp(-src[i])) for whole vectors.")
	e.load()
	zero, y := e.vector(), e.vector()
	VSUBPS(e.consts["one"], e.consts["one"], zero)
	e.loop(func(dst, src Mem) {
		VSUBPS(src, zero, y)
		e.of(y)
		VADDPS(e.consts["one"], y, y)
		VDIVPS(y, e.consts["one"], y)
		VMOVUPS(y, dst)
	})
	VZEROUPPER()
	RET()
}

// loop runs body over n numbers, a vector at a time.
func (e exponential) loop(body func(dst, src Mem)) {
	dst, src, n := Load(Param("dst"), GP64()), Load(Param("src"), GP64()), Load(Param("n"), GP64())
	Label("next")
	body(Mem{Base: dst}, Mem{Base: src})
	ADDQ(Imm(uint64(4*e.width)), dst)
	ADDQ(Imm(uint64(4*e.width)), src)
	SUBQ(Imm(uint64(e.width)), n)
	JNZ(LabelRef("next"))
}
