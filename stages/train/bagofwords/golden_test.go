package bagofwords

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"
)

// golden is what scikit-learn computes (oracle/bag_of_words.py).
type golden struct {
	Train [][]int32
	Test  [][]int32
	TFIDF [][]float64
	Cases []struct {
		Name     string
		Classes  int
		C        float64
		Balanced bool
		Labels   []int
		Decision [][]float64
	}
	Sets     [][]int
	PerLabel [][]float64 `json:"per_label"`
}

func readGolden(t *testing.T) (g golden) {
	t.Helper()
	data, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g golden) matrices() (train, test *Matrix) {
	w := NewWeighting(g.Train)
	return w.Matrix(g.Train), w.Matrix(g.Test)
}

// weights are the rows' under class_weight="balanced", or ones.
func weights(labels []int, classes int, balanced bool) []float64 {
	counts := make([]int, classes)
	for _, label := range labels {
		counts[label]++
	}
	out := make([]float64, len(labels))
	for i, label := range labels {
		out[i] = 1
		if balanced {
			out[i] = float64(len(labels)) / float64(classes*counts[label])
		}
	}
	return out
}

func tight(c float64) Regression { return Regression{C: c, Tolerance: 1e-8, MaxIterations: 10000} }

// near compares the decisions for the test documents.
func near(t *testing.T, name string, m Model, err error, test *Matrix, want [][]float64) {
	t.Helper()
	if err != nil || !m.Converged || m.Constant {
		t.Fatalf("%s: converged %v, constant %v, %v", name, m.Converged, m.Constant, err)
	}
	for row := range want {
		for k, got := range m.Scores(test, row) {
			if difference := math.Abs(got - want[row][k]); !(difference < 1e-5) {
				t.Fatalf("%s: output %d of document %d is %g off", name, k, row, difference)
			}
		}
	}
}

func TestAsScikitLearn(t *testing.T) {
	g := readGolden(t)
	train, test := g.matrices()
	for _, c := range g.Cases {
		w := weights(c.Labels, c.Classes, c.Balanced)
		if c.Classes == 2 {
			positive := make([]bool, len(c.Labels))
			for i, label := range c.Labels {
				positive[i] = label == 1
			}
			m, err := tight(c.C).Binary(t.Context(), train, positive, w)
			near(t, c.Name, m, err, test, c.Decision)
			continue
		}
		m, err := tight(c.C).Softmax(t.Context(), train, c.Labels, c.Classes, w)
		near(t, c.Name, m, err, test, c.Decision)
	}
}

func TestEachLabelAsScikitLearn(t *testing.T) {
	g := readGolden(t)
	train, test := g.matrices()
	for label, want := range g.PerLabel {
		positive := make([]bool, len(g.Sets))
		for i, set := range g.Sets {
			positive[i] = slices.Contains(set, label)
		}
		m, err := tight(1).Binary(t.Context(), train, positive, weights(make([]int, len(g.Sets)), 1, false))
		if want == nil {
			// Without both kinds of documents the answer is the prior, and finite.
			prior := math.Log(0.5 / 90.5)
			if positive[0] {
				prior = -prior
			}
			for row := range test.Rows() {
				if got := m.Scores(test, row)[0]; err != nil || !m.Constant || math.Abs(got-prior) > 1e-12 {
					t.Fatalf("label %d: %g, %v; want the prior's logit %g", label, got, err, prior)
				}
			}
			continue
		}
		column := make([][]float64, len(want))
		for row := range want {
			column[row] = want[row : row+1]
		}
		near(t, "label", m, err, test, column)
	}
}

func TestWeightsAsScikitLearn(t *testing.T) {
	g := readGolden(t)
	w := NewWeighting(g.Train)
	x := w.Matrix(g.Test)
	for row, want := range g.TFIDF {
		got := make([]float64, len(want))
		for i := x.start[row]; i < x.start[row+1]; i++ {
			for id, column := range w.column {
				if column == x.column[i] {
					got[id] = x.value[i]
				}
			}
		}
		for id := range want {
			// A token that no train document has is left out, but not of the length.
			if _, known := w.column[int32(id)]; known && math.Abs(got[id]-want[id]) > 1e-12 {
				t.Fatalf("document %d, token %d: %g, want %g", row, id, got[id], want[id])
			}
		}
	}
}
