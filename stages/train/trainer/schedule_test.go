package trainer

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/clinflow/clinflow/stages/examples"
)

// golden holds values of transformers, torch and scikit-learn, written by
// oracle/schedule.py.
type golden struct {
	Schedules []struct {
		Peak        float64
		WarmupRatio float64 `json:"warmup_ratio"`
		Recipe      string
		Total       int
		Rates       []float64
	}
	ClassWeights []struct {
		Classes int
		Labels  []int32
		Weights []float64
	} `json:"class_weights"`
}

func readGolden(t *testing.T) golden {
	t.Helper()
	data, err := os.ReadFile("testdata/schedule.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func TestScheduleAsTransformers(t *testing.T) {
	for _, c := range readGolden(t).Schedules {
		s := Trainer{LearningRate: c.Peak, Optimization: Optimization{Recipe: c.Recipe, WarmupRatio: c.WarmupRatio}}.schedule(c.Total)
		for k, want := range c.Rates {
			if got := s.at(k); math.Abs(got-want) > 1e-12*c.Peak {
				t.Errorf("%s: peak %g, warm-up %g, step %d of %d: rate %g, want %g", c.Recipe, c.Peak, c.WarmupRatio, k, c.Total, got, want)
			}
		}
	}
}

func TestClassWeightsAsScikitLearn(t *testing.T) {
	for _, c := range readGolden(t).ClassWeights {
		rows := make(examples.Rows, len(c.Labels))
		for i, label := range c.Labels {
			rows[i] = examples.Example{Label: label}
		}
		for class, got := range rows.ClassWeights(c.Classes) {
			if want := c.Weights[class]; math.Abs(got-want) > 1e-12*want {
				t.Errorf("%d classes: weight of class %d is %g, want %g", c.Classes, class, got, want)
			}
		}
	}
}
