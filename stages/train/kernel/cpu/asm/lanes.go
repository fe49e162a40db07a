package main

import (
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// lanes is an instruction set by its vectors of float32. What is written with it
// differs between AVX-512 and AVX2 in the width alone.
type lanes struct {
	set    string
	width  int // float32 in a vector
	vector func() reg.VecVirtual
	clear  func(v reg.VecVirtual)
}

var (
	avx512 = lanes{"AVX512", 16, ZMM, func(v reg.VecVirtual) { VPXORD(v, v, v) }}
	avx2   = lanes{"AVX2", 8, YMM, func(v reg.VecVirtual) { VXORPS(v, v, v) }}
)

// function begins a function over n whole vectors of the float32 arrays named in
// arrays; rest is what its signature has after n.
func (l lanes) function(name, arrays, rest string, doc ...string) {
	TEXT(name+l.set, NOSPLIT, "func("+strings.ReplaceAll(arrays, " ", ", ")+" *float32, n int"+rest)
	Pragma("noescape")
	Doc(append([]string{name + l.set + " is " + doc[0]}, doc[1:]...)...)
}

// each runs body over the arrays, a vector at a time, and ends the loop.
func (l lanes) each(arrays string, body func(at []Mem)) {
	var at []Mem
	for name := range strings.SplitSeq(arrays, " ") {
		at = append(at, Mem{Base: Load(Param(name), GP64())})
	}
	n := Load(Param("n"), GP64())
	Label("next")
	body(at)
	for _, m := range at {
		ADDQ(Imm(uint64(4*l.width)), m.Base)
	}
	SUBQ(Imm(uint64(l.width)), n)
	JNZ(LabelRef("next"))
}

// end returns to Go, which uses the old instructions.
func (l lanes) end() {
	VZEROUPPER()
	RET()
}

// load reads a vector.
func (l lanes) load(m Mem) reg.VecVirtual {
	v := l.vector()
	VMOVUPS(m, v)
	return v
}

// zeros is a vector of zeros.
func (l lanes) zeros() reg.VecVirtual {
	v := l.vector()
	l.clear(v)
	return v
}

// spread is a float32 parameter in every lane.
func (l lanes) spread(name string) reg.VecVirtual {
	address, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	v := l.vector()
	VBROADCASTSS(address.Addr, v)
	return v
}
