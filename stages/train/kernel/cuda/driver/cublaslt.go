package driver

import (
	"errors"
	"fmt"
	"slices"
	"unsafe"
)

var cublasFunctions = []string{
	"cublasLtCreate", "cublasLtDestroy", "cublasLtGetVersion", "cublasLtGetStatusString",
	"cublasLtMatmulDescCreate", "cublasLtMatmulDescDestroy", "cublasLtMatmulDescSetAttribute",
	"cublasLtMatrixLayoutCreate", "cublasLtMatrixLayoutDestroy",
	"cublasLtMatmulPreferenceCreate", "cublasLtMatmulPreferenceDestroy", "cublasLtMatmulPreferenceSetAttribute",
	"cublasLtMatmulAlgoGetHeuristic", "cublasLtMatmul",
}

// Type is a cudaDataType.
type Type int32

// The number types of a product.
const (
	Float32  Type = 0  // CUDA_R_32F
	BFloat16 Type = 14 // CUDA_R_16BF
)

// Products is libcublasLt, NVIDIA's matrix products.
type Products struct {
	lib    *library
	handle uintptr
	matmul uintptr // cublasLtMatmul
}

// OpenProducts finds the library, of a version that runs on newest, the driver's major
// version of CUDA. A context must be current.
func OpenProducts(newest int) (*Products, error) {
	lib, err := open(versions("libcublasLt.so", newest), cublasFunctions, "install CUDA, or the Python wheel nvidia-cublas")
	if err != nil {
		return nil, err
	}
	lib.explain = func(code int) string {
		text := invoke(lib.symbols["cublasLtGetStatusString"], uintptr(code))
		return cString(*(**byte)(unsafe.Pointer(&text)))
	}
	p := &Products{lib: lib, matmul: lib.symbols["cublasLtMatmul"]}
	return p, lib.call("cublasLtCreate", uintptr(unsafe.Pointer(&p.handle)))
}

// Version is the library's: "13.1".
func (p *Products) Version() string {
	v := invoke(p.lib.symbols["cublasLtGetVersion"])
	return fmt.Sprintf("%d.%d", v/10000, v%10000/100) // cublasLt.h: major·10000 + minor·100 + patch
}

// Close gives the library's memory back.
func (p *Products) Close() error { return p.lib.call("cublasLtDestroy", p.handle) }

// heuristic is cublasLtMatmulHeuristicResult_t.
type heuristic struct {
	algo      [8]uint64
	workspace uintptr
	state     int32
	waves     float32
	reserved  [4]int32
}

// Product is one product of column-major matrices, c [m, n] = alpha·op(a)·op(b) +
// beta·c, with the algorithms the library offers for its sizes.
type Product struct {
	lib                     *Products
	desc, left, right, into uintptr
	offers                  []heuristic // what the library expects to be the fastest first
	chosen                  int
	alpha, beta             float32 // here, not on the stack: C is given their address
}

// Offers is how many algorithms there are, the library's own choice being 0.
func (q *Product) Offers() int { return len(q.offers) }

// Choose lets the product use offer i.
func (q *Product) Choose(i int) { q.chosen = i }

// Chosen is the offer that is used.
func (q *Product) Chosen() int { return q.chosen }

// Matrix says how an operand lies in memory: rows by cols, one column after the
// other, at an address that is a multiple of Align bytes. Transposed is for the left
// and the right operand.
type Matrix struct {
	Type       Type
	Rows, Cols int
	Transposed bool
	Align      int
}

// Prepare asks for up to offers algorithms that need at most workspace bytes.
func (p *Products) Prepare(left, right, into Matrix, workspace, offers int) (*Product, error) {
	const (
		computeFloat32         = 68 // CUBLAS_COMPUTE_32F
		transposeA, transposeB = 3, 4
	)
	q := &Product{lib: p, offers: make([]heuristic, offers)}
	err := errors.Join(
		p.lib.call("cublasLtMatmulDescCreate", uintptr(unsafe.Pointer(&q.desc)), computeFloat32, uintptr(Float32)),
		q.transpose(transposeA, left.Transposed), q.transpose(transposeB, right.Transposed),
		p.layout(&q.left, left), p.layout(&q.right, right), p.layout(&q.into, into),
		q.ask(left.Align, right.Align, into.Align, workspace))
	if err != nil {
		return nil, errors.Join(err, q.Close())
	}
	return q, nil
}

func (q *Product) transpose(attribute uintptr, yes bool) error {
	var operation int32 // CUBLAS_OP_N
	if yes {
		operation = 1 // CUBLAS_OP_T
	}
	return q.lib.lib.call("cublasLtMatmulDescSetAttribute", q.desc, attribute, uintptr(unsafe.Pointer(&operation)), unsafe.Sizeof(operation))
}

func (p *Products) layout(into *uintptr, m Matrix) error {
	return p.lib.call("cublasLtMatrixLayoutCreate", uintptr(unsafe.Pointer(into)), uintptr(m.Type), uintptr(m.Rows), uintptr(m.Cols), uintptr(m.Rows))
}

// ask fills the offers.
func (q *Product) ask(alignLeft, alignRight, alignInto, workspace int) error {
	lib, preference := q.lib.lib, uintptr(0)
	if err := lib.call("cublasLtMatmulPreferenceCreate", uintptr(unsafe.Pointer(&preference))); err != nil {
		return err
	}
	defer lib.call("cublasLtMatmulPreferenceDestroy", preference)
	size := uint64(workspace)
	err := lib.call("cublasLtMatmulPreferenceSetAttribute", preference, 1, uintptr(unsafe.Pointer(&size)), unsafe.Sizeof(size)) // MAX_WORKSPACE_BYTES
	for i, align := range []int{alignLeft, alignRight, alignInto, alignInto} {
		bytes := uint32(align)
		err = errors.Join(err, lib.call("cublasLtMatmulPreferenceSetAttribute", preference, uintptr(5+i), uintptr(unsafe.Pointer(&bytes)), unsafe.Sizeof(bytes))) // MIN_ALIGNMENT_A_BYTES…
	}
	// In other schemes a long sum that is split keeps its parts in the type of the result, bf16.
	scheme := uint32(2)                                                                                                                              // CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE
	err = errors.Join(err, lib.call("cublasLtMatmulPreferenceSetAttribute", preference, 3, uintptr(unsafe.Pointer(&scheme)), unsafe.Sizeof(scheme))) // REDUCTION_SCHEME_MASK
	var found int32
	err = errors.Join(err, lib.call("cublasLtMatmulAlgoGetHeuristic", q.lib.handle, q.desc, q.left, q.right, q.into, q.into, preference,
		uintptr(len(q.offers)), uintptr(unsafe.Pointer(unsafe.SliceData(q.offers))), uintptr(unsafe.Pointer(&found))))
	q.offers = slices.DeleteFunc(q.offers[:found], func(h heuristic) bool { return h.state != 0 }) // which then hold nothing else
	if err == nil && len(q.offers) == 0 {
		err = errors.New("cublasLt has no algorithm for the product")
	}
	return err
}

// Begin begins the product on a stream. workspace is as large as was said to Prepare.
func (q *Product) Begin(s *Stream, into, left, right Pointer, alpha, beta float32, workspace Pointer) error {
	q.alpha, q.beta = alpha, beta
	offer := &q.offers[q.chosen]
	r := invoke(q.lib.matmul, q.lib.handle, q.desc, uintptr(unsafe.Pointer(&q.alpha)), uintptr(left), q.left, uintptr(right), q.right,
		uintptr(unsafe.Pointer(&q.beta)), uintptr(into), q.into, uintptr(into), q.into, uintptr(unsafe.Pointer(offer)), uintptr(workspace), offer.workspace, s.handle)
	return q.lib.lib.check("cublasLtMatmul", int32(r))
}

// Close gives the product's descriptions back.
func (q *Product) Close() error {
	lib := q.lib.lib
	return errors.Join(lib.call("cublasLtMatmulDescDestroy", q.desc), lib.call("cublasLtMatrixLayoutDestroy", q.left),
		lib.call("cublasLtMatrixLayoutDestroy", q.right), lib.call("cublasLtMatrixLayoutDestroy", q.into))
}
