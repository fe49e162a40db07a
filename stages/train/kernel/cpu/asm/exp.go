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

func constant(name string, v float64) Mem {
	m := GLOBL(name, RODATA|NOPTR)
	DATA(0, U32(math.Float32bits(float32(v)))) // not F32: Go would read "1" as a whole number
	return m
}

var factorials = []float64{1, 1, 2, 6, 24, 120, 720, 5040}

// shared constants, made once for both instruction sets.
var constants = map[string]float64{"lowest": lowest, "highest": highest, "log2e": math.Log2E, "ln2Upper": ln2Upper, "ln2Lower": ln2Lower, "one": 1}

var cells map[string]Mem

func makeCells() {
	if cells != nil {
		return
	}
	cells = map[string]Mem{}
	for _, name := range []string{"lowest", "highest", "log2e", "ln2Upper", "ln2Lower", "one"} {
		cells[name] = constant("exp_"+name, constants[name])
	}
	for i := 2; i < len(factorials); i++ {
		cells[term(i)] = constant("exp_"+term(i), 1/factorials[i])
	}
}

func term(i int) string { return "term" + string(rune('0'+i)) }

func (e exponential) load(names ...string) {
	for _, name := range names {
		v := e.vector()
		VBROADCASTSS(cells[name], v)
		e.consts[name] = v
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
	names := []string{"lowest", "highest", "log2e", "ln2Upper", "ln2Lower", "one"}
	for i := 2; i < 7; i++ {
		names = append(names, term(i))
	}
	TEXT("exp"+set, NOSPLIT, "func(dst, src *float32, n int, shift float32, sums *float32)")
	Pragma("noescape")
	Doc("exp"+set+" is dst[i] = exp(src[i]-shift) for whole vectors; sums receives", "the sum of each lane.")
	e.load(names...)
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
	to := Load(Param("sums"), GP64())
	VMOVUPS(sum, Mem{Base: to})
	VZEROUPPER()
	RET()

	e.consts = map[string]reg.VecVirtual{}
	TEXT("sigmoid"+set, NOSPLIT, "func(dst, src *float32, n int)")
	Pragma("noescape")
	Doc("sigmoid" + set + " is dst[i] = 1/(1+exp(-src[i])) for whole vectors.")
	e.load(names...)
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
