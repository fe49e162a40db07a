package bagofwords

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/optimize"

	"github.com/clinflow/clinflow/internal/guard"
)

// rowLoss is the loss of one row and its slopes by the scores.
type rowLoss func(row int, scores, slopes []float64) float64

// problem is what is minimised, as scikit-learn states it: the weighted mean of
// the rows' losses, and the squared weights times 1/(2·C·total weight). The
// intercept is not penalised.
type problem struct {
	x       *Matrix
	outputs int
	weights []float64
	total   float64
	penalty float64 // 1/(C·total)
	loss    rowLoss

	at             []float64 // where value and gradient were last computed
	value          float64
	gradient       []float64
	scores, slopes []float64
	err            error
}

// fit minimises by L-BFGS from zero.
func (r Regression) fit(ctx context.Context, x *Matrix, outputs int, weights []float64, loss rowLoss) (Model, error) {
	total := floats.Sum(weights)
	size := outputs * (x.features + 1)
	p := &problem{
		x: x, outputs: outputs, weights: weights, total: total, penalty: 1 / (r.C * total), loss: loss,
		gradient: make([]float64, size), scores: make([]float64, outputs), slopes: make([]float64, outputs),
	}
	end := make([]float64, size)
	result, _ := optimize.Minimize(optimize.Problem{
		Func:   func(at []float64) float64 { p.compute(at); return p.value },
		Grad:   func(gradient, at []float64) { p.compute(at); copy(gradient, p.gradient) },
		Status: func() (optimize.Status, error) { return optimize.NotTerminated, p.stopped(ctx) },
	}, end, &optimize.Settings{
		GradientThreshold: r.Tolerance, MajorIterations: r.MaxIterations, Converger: optimize.NeverTerminate{},
	}, &optimize.LBFGS{GradStopThreshold: math.NaN()})
	if stopped := p.stopped(ctx); stopped != nil {
		return Model{}, stopped
	}
	// A line search that finds no lower point has come to the end of what
	// float64 tells apart: the point is kept, and is what it is.
	if result != nil {
		end = result.X
	}
	p.compute(end)
	converged := floats.Norm(p.gradient, math.Inf(1)) <= r.Tolerance
	return Model{parameters: slices.Collect(slices.Chunk(end, x.features+1)), Converged: converged}, p.err
}

// stopped says why the search must end. It is asked before each evaluation.
func (p *problem) stopped(ctx context.Context) error {
	if p.err != nil {
		return p.err
	}
	return context.Cause(ctx)
}

// compute sets value and gradient. It runs in a goroutine of the optimizer, where
// a panic would end the process.
func (p *problem) compute(at []float64) {
	if p.err != nil || slices.Equal(p.at, at) {
		return
	}
	p.at = append(p.at[:0], at...)
	p.err = guard.Do("logistic regression", func() error { p.sum(at); return nil })
}

func (p *problem) sum(at []float64) {
	clear(p.gradient)
	width := p.x.features + 1
	p.value = 0
	for row := range p.x.Rows() {
		for k := range p.outputs {
			p.scores[k] = p.x.score(row, at[k*width:(k+1)*width])
		}
		weight := p.weights[row] / p.total
		p.value += weight * p.loss(row, p.scores, p.slopes)
		for k := range p.outputs {
			p.x.addTo(p.gradient[k*width:(k+1)*width], row, weight*p.slopes[k])
		}
	}
	for k := range p.outputs {
		for i := k * width; i < (k+1)*width-1; i++ {
			p.value += p.penalty / 2 * at[i] * at[i]
			p.gradient[i] += p.penalty * at[i]
		}
	}
}

// addTo adds a row times a factor, and the factor to the intercept.
func (x *Matrix) addTo(sum []float64, row int, factor float64) {
	for i := x.start[row]; i < x.start[row+1]; i++ {
		sum[x.column[i]] += factor * x.value[i]
	}
	sum[x.features] += factor
}
