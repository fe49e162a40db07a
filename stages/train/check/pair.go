package check

import (
	"errors"
	"math"
	"math/rand/v2"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// pair is two backends and the matrices that both have.
type pair struct {
	backends [2]kernel.Backend // what is right, what is checked
	random   *rand.Rand
	made     []*matrix
	err      error
}

// matrix is the same numbers on both backends.
type matrix struct{ on [2]kernel.Buffer }

// side is one of the two backends, in a case's own words.
type side struct {
	kernel.Backend
	at int
}

// of is the side's buffer of a matrix, nil for nil.
func (s side) of(m *matrix) kernel.Buffer {
	if m == nil {
		return nil
	}
	return m.on[s.at]
}

// rounded has bf16's digits alone, so that both backends see the same number.
func rounded(v float64) float64 {
	return float64(math.Float32frombits(math.Float32bits(float32(v)) &^ 0xffff))
}

func (p *pair) alloc(n int, dtype func(kernel.Backend) kernel.DType, src kernel.Host) *matrix {
	m := &matrix{}
	for i, b := range p.backends {
		buffer, err := b.Alloc(dtype(b), n)
		if err == nil {
			err = b.Upload(buffer, src)
		}
		p.err = errors.Join(p.err, err)
		m.on[i] = buffer
	}
	p.made = append(p.made, m)
	return m
}

// values are n numbers of the backends' Float type that draw gives.
func (p *pair) values(n int, draw func() float64) *matrix {
	return p.alloc(n, kernel.Backend.Float, kernel.F64s(filled(n, draw)))
}

// normals are n random numbers of the Float type, sums of the Master type.
func (p *pair) normals(n int) *matrix { return p.values(n, p.random.NormFloat64) }

func (p *pair) sums(n int, draw func() float64) *matrix {
	return p.alloc(n, kernel.Backend.Master, kernel.F64s(filled(n, draw)))
}

// nowhere are places that a kernel has to write all of.
func (p *pair) nowhere(n int) *matrix { return p.values(n, math.NaN) }

func (p *pair) ints(v ...int32) *matrix {
	return p.alloc(len(v), func(kernel.Backend) kernel.DType { return kernel.I32 }, kernel.I32s(v))
}

func filled(n int, draw func() float64) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = rounded(draw())
	}
	return v
}

// both runs a kernel on both backends.
func (p *pair) both(run func(s side)) {
	if p.err != nil {
		return // a matrix may be missing
	}
	for i, b := range p.backends {
		run(side{b, i})
	}
}

// distance is the largest |a-b| / |b| of the matrices, as norms; infinite where one
// side has a NaN.
func (p *pair) distance(results ...*matrix) (far float64, err error) {
	for _, m := range results {
		if p.err != nil {
			break
		}
		var v [2][]float64
		for i, b := range p.backends {
			v[i] = make([]float64, m.on[i].Len())
			p.err = errors.Join(p.err, b.Download(kernel.F64s(v[i]), m.on[i]))
		}
		far = max(far, relative(v[1], v[0]))
	}
	return far, p.err
}

func relative(a, b []float64) float64 {
	var difference, norm float64
	for i := range b {
		difference += (a[i] - b[i]) * (a[i] - b[i])
		norm += b[i] * b[i]
	}
	switch {
	case difference != difference || norm != norm:
		return math.Inf(1)
	case norm == 0:
		return math.Sqrt(difference)
	}
	return math.Sqrt(difference / norm)
}

func (p *pair) free() {
	for _, m := range p.made {
		for i, b := range m.on {
			if b != nil {
				p.backends[i].Free(b)
			}
		}
	}
}
