package measures

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Moments are the loss of a calibration over examples, and its first and second
// derivatives.
type Moments struct {
	at       point
	n        int
	losses   Sum
	most     float64 // a power of two that no loss of an example passes
	gradient []Sum
	hessian  []Sum     // rows of a triangle
	z, p     []float64 // of the example at hand
}

func newMoments(at point) *Moments {
	classes, most := len(at.theta), math.Log(float64(len(at.theta)))
	for _, intercept := range at.theta[1:] {
		most = max(most, math.Log(float64(classes))+2*math.Abs(at.theta[0])+2*math.Abs(intercept))
	}
	return &Moments{
		at: at, most: powerOfTwo(most), gradient: make([]Sum, classes), hessian: make([]Sum, classes*(classes+1)/2),
		z: make([]float64, classes), p: make([]float64, classes),
	}
}

// AddEvent adds an example of two classes, by the logit of the second less that of the
// first.
func (m *Moments) AddEvent(logit float64, happened bool) {
	class := 0
	if happened {
		class = 1
	}
	z, target := logit/m.at.scale, m.at.targets[class][1]
	x := m.at.theta[0]*z + m.at.theta[1]
	p := sigmoid(x)
	m.n++
	m.losses.Add((math.Log1p(math.Exp(-math.Abs(x))) + max(x, 0) - target*x) / m.most)
	m.gradient[0].Add((p - target) * z)
	m.gradient[1].Add(p - target)
	weight := p * (1 - p)
	m.hessian[0].Add(weight * z * z)
	m.hessian[1].Add(weight * z)
	m.hessian[2].Add(weight)
}

// Add adds an example by its logits.
func (m *Moments) Add(logits []float32, class int) {
	z, p := m.z, m.p
	for k, logit := range logits {
		z[k] = (float64(logit) - float64(logits[0])) / m.at.scale
		p[k] = m.at.theta[0] * z[k]
		if k > 0 {
			p[k] += m.at.theta[k]
		}
	}
	norm := floats.LogSumExp(p)
	loss, targets := norm, m.at.targets[class]
	for k := range p {
		loss -= targets[k] * p[k]
		p[k] = math.Exp(p[k] - norm)
	}
	m.n++
	m.losses.Add(loss / m.most)
	m.derive(targets)
}

// derive adds the derivatives of the example at hand: by the slope, of which a class's
// logit is the factor, and by the intercepts.
func (m *Moments) derive(targets []float64) {
	z, p := m.z, m.p
	mean := floats.Dot(p, z)
	for k := range p {
		m.gradient[0].Add((p[k] - targets[k]) * z[k])
		m.hessian[0].Add(p[k] * z[k] * (z[k] - mean))
	}
	for k := 1; k < len(p); k++ {
		m.gradient[k].Add(p[k] - targets[k])
		row := m.hessian[k*(k+1)/2:]
		row[0].Add(p[k] * (z[k] - mean))
		for j := 1; j < k; j++ {
			row[j].Add(-p[k] * p[j])
		}
		row[k].Add(p[k] * (1 - p[k]))
	}
}

// Merge adds what others hold, taken at the same point.
func (m *Moments) Merge(other *Moments) {
	m.n += other.n
	m.losses.Merge(other.losses)
	for i := range m.gradient {
		m.gradient[i].Merge(other.gradient[i])
	}
	for i := range m.hessian {
		m.hessian[i].Merge(other.hessian[i])
	}
}

// loss is the mean loss.
func (m *Moments) loss() float64 { return m.losses.Value() * m.most / float64(m.n) }

// newton is the step to where the loss would be least if it were quadratic, and the
// decrement: twice what it would fall by. It is not ok where there is no such step.
func (m *Moments) newton() (step []float64, decrement float64, ok bool) {
	d := len(m.gradient)
	gradient, hessian := make([]float64, d), mat.NewSymDense(d, nil)
	for i := range d {
		gradient[i] = m.gradient[i].Value() / float64(m.n)
		for j := range i + 1 {
			hessian.SetSym(i, j, m.hessian[i*(i+1)/2+j].Value()/float64(m.n))
		}
	}
	step, ok = solve(hessian, gradient)
	if !ok {
		return nil, 0, false
	}
	return step, floats.Dot(step, gradient), true
}
