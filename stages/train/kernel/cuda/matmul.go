package cuda

import (
	"fmt"

	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda/driver"
)

// product is what cuBLAS chooses an algorithm for.
type product struct {
	m, n, k        int
	transA, transB bool
	a, b, c        operand
}

// operand is a matrix's type and what its address is a multiple of, in bytes.
type operand struct {
	dtype kernel.DType
	align int
}

// MatMul is c = alpha·op(a)·op(b), added to c with m.Acc. cuBLAS reads matrices by
// columns: what is row-major here is its transpose there, and cᵀ = op(b)ᵀ·op(a)ᵀ.
func (d *device) MatMul(c, a, b kernel.Buffer, m kernel.MatMul) {
	d.enter()
	defer d.context.Leave()
	if d.err != nil {
		return
	}
	p, err := d.prepare(product{m.M, m.N, m.K, m.TransA, m.TransB, operandOf(a), operandOf(b), operandOf(c)}, of(b), of(a))
	beta := float32(0)
	if m.Acc {
		beta = 1
	}
	if err == nil {
		err = p.Begin(d.stream, of(c), of(b), of(a), float32(m.Alpha), beta, d.workspace)
	}
	if err != nil {
		d.fail(fmt.Sprintf("product [%d, %d]·[%d, %d]", m.M, m.K, m.K, m.N), err)
	}
}

func operandOf(b kernel.Buffer) operand {
	p := of(b)
	return operand{b.DType(), int(min(p&-p, 256))}
}

// prepare chooses an algorithm the first time. a and b lie where it may be
// tried on them.
func (d *device) prepare(p product, b, a driver.Pointer) (*driver.Product, error) {
	if known := d.prepared[p]; known != nil {
		return known, nil
	}
	left := driver.Matrix{Type: typeOf(p.b), Rows: p.n, Cols: p.k, Align: p.b.align}
	if p.transB { // stored [n, k], by columns [k, n]
		left.Rows, left.Cols, left.Transposed = p.k, p.n, true
	}
	right := driver.Matrix{Type: typeOf(p.a), Rows: p.k, Cols: p.m, Align: p.a.align}
	if p.transA { // stored [k, m], by columns [m, k]
		right.Rows, right.Cols, right.Transposed = p.m, p.k, true
	}
	into := driver.Matrix{Type: typeOf(p.c), Rows: p.n, Cols: p.m, Align: p.c.align}
	offers := 1
	if d.tune {
		offers = tunedOffers
	}
	made, err := d.products.Prepare(left, right, into, workspaceBytes, offers)
	if err != nil {
		return nil, err
	}
	d.prepared[p] = made
	return made, d.fastest(made, p, b, a)
}

func typeOf(o operand) driver.Type {
	if o.dtype == kernel.BF16 {
		return driver.BFloat16
	}
	return driver.Float32
}
