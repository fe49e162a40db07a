package bagofwords

import (
	"context"
	"math"
)

// Regression are LogisticRegression's settings, with its names and meanings.
type Regression struct {
	C             float64 // inverse strength of the penalty on the weights
	Tolerance     float64 // largest element of the mean loss's gradient at the end
	MaxIterations int
}

// Model is a fitted regression: a weight for each feature, and an intercept, for
// each of its outputs.
type Model struct {
	parameters [][]float64 // [outputs][features+1], the intercept last
	// Constant says that train had nothing to tell apart: the output is the prior.
	Constant bool
	// Converged says that the tolerance was reached.
	Converged bool
}

// Scores are the outputs for a row, scikit-learn's decision_function.
func (m Model) Scores(x *Matrix, row int) []float64 {
	scores := make([]float64, len(m.parameters))
	for k, p := range m.parameters {
		scores[k] = x.score(row, p)
	}
	return scores
}

func (x *Matrix) score(row int, parameters []float64) float64 {
	sum := parameters[x.features]
	for i := x.start[row]; i < x.start[row+1]; i++ {
		sum += x.value[i] * parameters[x.column[i]]
	}
	return sum
}

// Prior is the logit of a share of a whole. Half a document is added on either
// side, so that it is finite where the share is nothing or all.
func Prior(share, whole int) float64 {
	return math.Log((float64(share) + 0.5) / (float64(whole-share) + 0.5))
}

// Binary fits one output, the logit of being positive. weights are the rows'.
func (r Regression) Binary(ctx context.Context, x *Matrix, positive []bool, weights []float64) (Model, error) {
	positives := 0
	for _, is := range positive {
		if is {
			positives++
		}
	}
	if positives == 0 || positives == len(positive) {
		prior := make([]float64, x.features+1)
		prior[x.features] = Prior(positives, len(positive))
		return Model{parameters: [][]float64{prior}, Constant: true, Converged: true}, nil
	}
	return r.fit(ctx, x, 1, weights, func(row int, scores, slopes []float64) float64 {
		sign := -1.0
		if positive[row] {
			sign = 1
		}
		margin := sign * scores[0]
		slopes[0] = -sign / (1 + math.Exp(margin))
		return softplus(-margin)
	})
}

// softplus is ln(1+eˣ) without overflow.
func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

// Softmax fits one output a class. Each of the classes 0…classes-1 has a row.
func (r Regression) Softmax(ctx context.Context, x *Matrix, class []int, classes int, weights []float64) (Model, error) {
	return r.fit(ctx, x, classes, weights, func(row int, scores, slopes []float64) float64 {
		top, sum := scores[0], 0.0
		for _, s := range scores {
			top = max(top, s)
		}
		for k, s := range scores {
			slopes[k] = math.Exp(s - top)
			sum += slopes[k]
		}
		for k := range slopes {
			slopes[k] /= sum
		}
		slopes[class[row]]--
		return top + math.Log(sum) - scores[class[row]]
	})
}
