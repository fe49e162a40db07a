//go:build slow && linux

package emulated

import (
	"fmt"
	"math"
	"testing"
	"unsafe"
)

const isFloat, isBF16 = 0, 14

// operation is a product of column-major matrices, d [m, n] = 2·a [m, k]·b [k, n] +
// beta·d, whose columns are apart by one number more than they have.
type operation struct {
	kind, into     int32
	transA, transB int32
	beta           float32
}

// The sizes are no multiples of what a tile has.
const m, n, k = 37, 9, 50

// stored is the rows and columns of an operand in memory.
func stored(rows, columns int, transposed int32) (int, int) {
	if transposed == 1 {
		return columns, rows
	}
	return rows, columns
}

// operand returns a matrix in memory, its numbers as bf16s makes them, and its
// description.
func (r *rig) operand(kind int32, seed uint64, rows, columns int) (at uint64, values []float32, layout uintptr) {
	bits, values := bf16s(seed, (rows+1)*columns)
	at = upload(r, values)
	if kind == isBF16 {
		at = upload(r, bits)
	}
	r.want(0, r.layout(&layout, kind, uint64(rows), uint64(columns), int64(rows+1)))
	r.t.Cleanup(func() { r.noLayout(layout) })
	return at, values, layout
}

// prepared is what a product is called with.
type prepared struct {
	handle, description, preference uintptr
	workspace                       uint64
}

func (r *rig) prepare(o operation, alignment uint32) (p prepared) {
	r.want(0, r.create(&p.handle))
	r.want(0, r.description(&p.description, 68, 0))
	r.want(0, r.describe(p.description, 3, unsafe.Pointer(&o.transA), 4))
	r.want(0, r.describe(p.description, 4, unsafe.Pointer(&o.transB), 4))
	r.want(0, r.preference(&p.preference))
	p.workspace = 1 << 20
	r.want(0, r.prefer(p.preference, 1, unsafe.Pointer(&p.workspace), 8))
	for i := range int32(4) {
		r.want(0, r.prefer(p.preference, 5+i, unsafe.Pointer(&alignment), 4))
	}
	r.t.Cleanup(func() {
		r.want(0, r.noPreference(p.preference))
		r.want(0, r.noDescription(p.description))
		r.want(0, r.destroy(p.handle))
	})
	return p
}

func TestSlowProducts(t *testing.T) {
	for _, kinds := range [][2]int32{{isFloat, isFloat}, {isBF16, isFloat}, {isBF16, isBF16}} {
		for trans := range int32(4) {
			for _, beta := range []float32{0, 1} {
				o := operation{kinds[0], kinds[1], trans % 2, trans / 2, beta}
				t.Run(fmt.Sprintf("%+v", o), func(t *testing.T) { testProduct(t, o) })
			}
		}
	}
}

func testProduct(t *testing.T, o operation) {
	r := newRig(t)
	p := r.prepare(o, 256)
	ra, ca := stored(m, k, o.transA)
	rb, cb := stored(k, n, o.transB)
	a, va, la := r.operand(o.kind, 1, ra, ca)
	b, vb, lb := r.operand(o.kind, 2, rb, cb)
	d, vd, ld := r.operand(o.into, 3, m, n)
	r.run(p, o.beta, a, b, d, la, lb, ld)
	got := r.numbers(o.into, d, (m+1)*n)
	for i := range m {
		for j := range n {
			want := o.beta * vd[j*(m+1)+i]
			for l := range k {
				want += 2 * element(va, ra+1, i, l, o.transA) * element(vb, rb+1, l, j, o.transB)
			}
			if o.into == isBF16 {
				want = rounded(want)
			}
			if g := got[j*(m+1)+i]; g != want {
				t.Fatalf("d[%d, %d] is %v, not %v", i, j, g, want)
			}
		}
	}
}

// run multiplies, and changes the factors when the call has read them.
func (r *rig) run(p prepared, beta float32, a, b, d uint64, la, lb, ld uintptr) {
	var algorithm choice
	var found int32
	r.want(0, r.heuristic(p.handle, p.description, la, lb, ld, ld, p.preference, 1, &algorithm, &found))
	if found != 1 || algorithm.workspace == 0 || algorithm.workspace > p.workspace {
		r.t.Fatalf("%d algorithms, %d bytes", found, algorithm.workspace)
	}
	var workspace uint64
	r.want(0, r.cuMemAlloc(&workspace, algorithm.workspace))
	defer r.cuMemFree(workspace)
	alpha := float32(2)
	r.want(0, r.multiply(p.handle, p.description, &alpha, a, la, b, lb, &beta, d, ld, d, ld, &algorithm, workspace, algorithm.workspace, r.stream))
	alpha, beta = 0, 0
	r.wait()
}

// element is one of a matrix that may lie transposed in memory.
func element(v []float32, apart, row, column int, transposed int32) float32 {
	if transposed == 1 {
		row, column = column, row
	}
	return v[column*apart+row]
}

// rounded is x as bf16, to nearest even.
func rounded(x float32) float32 {
	bits := math.Float32bits(x)
	return math.Float32frombits((bits + 0x7fff + bits>>16&1) &^ 0xffff)
}

func (r *rig) numbers(kind int32, at uint64, n int) []float32 {
	if kind == isFloat {
		return download[float32](r, at, n)
	}
	v := make([]float32, n)
	for i, bits := range download[uint16](r, at, n) {
		v[i] = math.Float32frombits(uint32(bits) << 16)
	}
	return v
}

// TestSlowRefusedProducts asks for products that the library does not do, or that
// break what was promised.
func TestSlowRefusedProducts(t *testing.T) {
	r := newRig(t)
	p := r.prepare(operation{}, 16)
	a, _, la := r.operand(isFloat, 1, m, k)
	b, _, lb := r.operand(isFloat, 2, k, n)
	d, _, ld := r.operand(isFloat, 3, m, n)
	_, _, other := r.operand(isBF16, 2, k, n)
	var algorithm choice
	var found int32
	r.want(15, r.heuristic(p.handle, p.description, la, other, ld, ld, p.preference, 1, &algorithm, &found))
	r.want(7, r.heuristic(p.handle, p.description, lb, la, ld, ld, p.preference, 1, &algorithm, &found))
	r.want(0, r.heuristic(p.handle, p.description, la, lb, ld, ld, p.preference, 1, &algorithm, &found))
	alpha, beta := float32(1), float32(0)
	multiply := func(a, workspace, bytes uint64) int32 {
		return r.multiply(p.handle, p.description, &alpha, a, la, b, lb, &beta, d, ld, d, ld, &algorithm, workspace, bytes, r.stream)
	}
	var workspace uint64
	r.want(0, r.cuMemAlloc(&workspace, algorithm.workspace))
	defer r.cuMemFree(workspace)
	r.want(7, multiply(a+4, workspace, algorithm.workspace))
	r.want(7, multiply(a, workspace, algorithm.workspace-1))
	r.want(0, multiply(a, workspace, algorithm.workspace))
	r.wait()
	r.want(0, multiply(a+16, workspace, algorithm.workspace)) // which ends behind a
	r.want(700, r.cuStreamSynchronize(r.stream))
	r.want(13, multiply(a, workspace, algorithm.workspace))
}
