package measures

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Calibration maps logits to probabilities: softmax(Slope × logits + Intercepts), the
// first intercept being 0 and left out. Of two classes that is Platt's map of the
// difference of their logits (Platt 1999, Probabilistic outputs for support vector
// machines), of more the bias-corrected temperature scaling of Alexandari, Kundaje and
// Shrikumar (2020, ICML 37). The slope mends what is too sure, intercepts what is shifted,
// as by weights of classes in training.
type Calibration struct {
	Slope      float64
	Intercepts []float64
}

// Identity leaves probabilities of so many classes as they are.
func Identity(classes int) Calibration { return Calibration{1, make([]float64, classes-1)} }

// Softmax writes the probabilities of an example's logits.
func (c Calibration) Softmax(logits []float32, p []float64) {
	top := math.Inf(-1)
	for k, logit := range logits {
		p[k] = c.Slope * float64(logit)
		if k > 0 {
			p[k] += c.Intercepts[k-1]
		}
		top = max(top, p[k])
	}
	var sum float64
	for k := range p {
		p[k] = math.Exp(p[k] - top)
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
	}
}

// Sigmoid is the probability of an event with a logit: the second of two classes, the
// logit of the first being 0.
func (c Calibration) Sigmoid(logit float64) float64 {
	return sigmoid(c.Slope*logit + c.Intercepts[0])
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// Fit fits a calibration by maximum likelihood. counts are the examples of each class,
// none of them 0, and bound is a number that no difference of an example's logits
// passes. pass goes over all examples: it adds them to moments that it makes, any
// number of them, and returns these merged into one.
//
// Targets are smoothed as Platt's: an example of a class j, one of n(j) among K
// classes, counts as (n(j)+1)/(n(j)+K) of it and as 1/(n(j)+K) of each other one, so that
// there is a maximum where a logit tells the classes apart. A slope of 0 is the least: a
// model that ranks val upside down, or not at all, is given the prevalence.
func Fit(counts []int, bound float64, pass func(make func() *Moments) (*Moments, error)) (Calibration, error) {
	start := newPoint(counts, bound)
	at := start
	moments, err := pass(func() *Moments { return newMoments(at) })
	for range mostSteps {
		if err != nil {
			return Calibration{}, err
		}
		step, decrement, ok := moments.newton()
		if !ok || decrement < converged {
			break
		}
		if at, moments, err = descend(at, moments, step, pass); moments == nil {
			break
		}
	}
	if at.theta[0] <= 0 {
		at = start
	}
	return at.calibration(), err
}

// A fit ends where Newton's decrement says that the mean loss would fall by no more
// than half of converged, which moves no digit that is told. Few steps lead there, but
// where one logit is so large that the others differ by rounding alone.
const (
	converged = 1e-24
	mostSteps = 50
)

// descend goes a step, or the part of it that does not raise the loss: all of it but in
// the first few. The moments are nil where no part does.
func descend(at point, was *Moments, step []float64, pass func(func() *Moments) (*Moments, error)) (point, *Moments, error) {
	for part := 1.0; part > 1e-6; part /= 2 {
		next := at.moved(step, part)
		moments, err := pass(func() *Moments { return newMoments(next) })
		if err != nil || moments.loss() <= was.loss()*(1+rounding) {
			return next, moments, err
		}
	}
	return at, nil, nil
}

// rounding is by how much the loss of a better point may look larger.
const rounding = 1e-12

// point is where moments are taken: a slope times scale, and the intercepts.
type point struct {
	theta   []float64
	scale   float64     // a power of two that no difference of logits passes
	targets [][]float64 // by class and class
}

// newPoint is the best one of slope 0: the smoothed prevalence of the classes.
func newPoint(counts []int, bound float64) point {
	classes := len(counts)
	p := point{theta: make([]float64, classes), scale: powerOfTwo(bound), targets: make([][]float64, classes)}
	mean := make([]float64, classes)
	for j, n := range counts {
		p.targets[j] = make([]float64, classes)
		for k := range classes {
			p.targets[j][k] = 1 / float64(n+classes)
			if j == k {
				p.targets[j][k] *= float64(n + 1)
			}
			mean[k] += float64(n) * p.targets[j][k]
		}
	}
	for k := 1; k < classes; k++ {
		p.theta[k] = math.Log(mean[k] / mean[0])
	}
	return p
}

// powerOfTwo is the least that is not below x, so that a division by it rounds nothing.
func powerOfTwo(x float64) float64 {
	_, exponent := math.Frexp(max(x, math.SmallestNonzeroFloat32))
	return math.Ldexp(1, exponent)
}

func (p point) moved(step []float64, part float64) point {
	theta := make([]float64, len(p.theta))
	for i := range theta {
		theta[i] = p.theta[i] - part*step[i]
	}
	p.theta = theta
	return p
}

func (p point) calibration() Calibration {
	return Calibration{p.theta[0] / p.scale, p.theta[1:]}
}

// solve solves hessian × step = gradient. It is not ok where the logits do not tell
// what to move.
func solve(hessian *mat.SymDense, gradient []float64) (step []float64, ok bool) {
	var c mat.Cholesky
	if !c.Factorize(hessian) || c.Cond() > 1e14 {
		return nil, false
	}
	var x mat.VecDense
	if c.SolveVecTo(&x, mat.NewVecDense(len(gradient), gradient)) != nil {
		return nil, false
	}
	return x.RawVector().Data, true
}
