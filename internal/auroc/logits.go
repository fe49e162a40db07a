package auroc

import "math"

// The measures of a task that has two, as configurations and metrics name them.
const (
	MeasureOvO     = "ovo"     // more than two classes: each against each other
	MeasureOvR     = "ovr"     // more than two classes: each against all others
	MeasureSoftmax = "softmax" // sets of labels: a label's share in its document
	MeasureSigmoid = "sigmoid" // sets of labels: each label by itself
)

// RecipePaper is the recipe of the paper's public code; any other is the clinical one.
const RecipePaper = "paper"

// Measures says which AUROC counts where a task has two. What selects an epoch and
// what is reported are both the recipe's.
type Measures struct {
	Multiclass      string
	MultiLabelScore string
}

// MeasuresOf are those of a recipe. The paper's code takes the classes of a task by
// pairs, and ranks the softmax of the labels of a set, which couples those of a
// document. The clinical recipe asks of each class and label by itself.
func MeasuresOf(recipe string) Measures {
	if recipe == RecipePaper {
		return Measures{MeasureOvO, MeasureSoftmax}
	}
	return Measures{MeasureOvR, MeasureSigmoid}
}

// OfClasses is the AUROC of examples that have one class each: that of the second of
// two classes, and a macro average over more. logits is [n, classes], labels [n]. It
// returns ErrNaN where a logit is NaN.
func (m Measures) OfClasses(logits [][]float32, labels []int32) (Mean, error) {
	l := LogitsOf(logits)
	if l.Classes() <= 2 {
		var mean Mean
		count, err := Of(l.Binary(), Having(labels, 1))
		mean.Add(count.AUROC())
		return mean, err
	}
	scores := l.Shares()
	if m.Multiclass == MeasureOvR {
		return OneVsRest(scores, labels)
	}
	return OneVsOne(scores, labels)
}

// OfSets is the macro average over the labels of examples that have any number of
// them. logits is [n, labels], has tells whether an example has a label. It returns
// ErrNaN where a logit is NaN.
func (m Measures) OfSets(logits [][]float32, has func(example, label int) bool) (Mean, error) {
	l := LogitsOf(logits)
	positive := make([]bool, l.N)
	var mean Mean
	for label := range l.Classes() {
		for i := range positive {
			positive[i] = has(i, label)
		}
		count, err := Of(m.OfLabel(l, label), positive)
		if err != nil {
			return Mean{}, err
		}
		mean.Add(count.AUROC())
	}
	return mean, nil
}

// OfLabel are the examples' scores for a label of a set, [n].
func (m Measures) OfLabel(l Logits, label int) []float64 {
	if m.MultiLabelScore == MeasureSigmoid {
		return l.Column(label)
	}
	return l.Share(label)
}

// Logits are what a model says of examples, class after class. They may be of some
// classes only: all of a task with a thousand of them need not fit into memory.
type Logits struct {
	N      int       // examples
	Values []float32 // [classes, N]
	Norms  []float64 // [N]: LogSumExp of an example's logits of all classes
}

// LogitsOf turns logits [n, classes] round.
func LogitsOf(rows [][]float32) Logits {
	l := Logits{N: len(rows), Norms: make([]float64, len(rows))}
	if len(rows) > 0 {
		l.Values = make([]float32, len(rows)*len(rows[0]))
	}
	for i, row := range rows {
		l.Norms[i] = LogSumExp(row)
		for k, logit := range row {
			l.Values[k*l.N+i] = logit
		}
	}
	return l
}

// Classes is the number of classes that are there.
func (l Logits) Classes() int { return len(l.Values) / max(1, l.N) }

// Column are the logits of class k, [N]. They rank examples as their sigmoids do, and
// never round to 1.
func (l Logits) Column(k int) []float64 {
	scores := make([]float64, l.N)
	for i, logit := range l.Values[k*l.N:][:l.N] {
		scores[i] = float64(logit)
	}
	return scores
}

// Share are the logarithms of class k's softmax, [N]: they rank as the softmax does,
// and do not round to 1 as soon.
func (l Logits) Share(k int) []float64 {
	scores := l.Column(k)
	for i, norm := range l.Norms {
		scores[i] -= norm
	}
	return scores
}

// Shares are those of all classes, [classes][N].
func (l Logits) Shares() [][]float64 {
	scores := make([][]float64, l.Classes())
	for k := range scores {
		scores[k] = l.Share(k)
	}
	return scores
}

// Binary are scores for the second of two classes, [N]: the difference of the logits
// rises with the second's softmax, and float64 does not round it to 1 where logits are
// large. A single logit is the difference itself.
func (l Logits) Binary() []float64 {
	if l.Classes() < 2 {
		return l.Column(0)
	}
	scores := l.Column(1)
	for i, other := range l.Values[:l.N] {
		scores[i] -= float64(other)
	}
	return scores
}

// Having says which examples have a class.
func Having(labels []int32, class int32) []bool {
	positive := make([]bool, len(labels))
	for i, label := range labels {
		positive[i] = label == class
	}
	return positive
}

// LogSumExp is log Σ exp(logit), in float64.
func LogSumExp(logits []float32) float64 {
	top := math.Inf(-1)
	for _, logit := range logits {
		top = max(top, float64(logit))
	}
	var sum float64
	for _, logit := range logits {
		sum += math.Exp(float64(logit) - top)
	}
	return top + math.Log(sum)
}
