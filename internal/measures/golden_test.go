package measures_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/measures"
	"github.com/clinflow/clinflow/internal/measures/drawn"
)

// binaryCase is binary_case of oracle/measures_golden.py.
func binaryCase(number int) (scores []float64, positive []bool) {
	draw := drawn.Of(number)
	head := draw.Some(2)
	n := 1 + int(head[0]*150)
	share, scores := draw.Some(n), draw.Some(n)
	positive = make([]bool, n)
	for i := range positive {
		positive[i] = share[i] < head[1]
		switch number % 6 {
		case 0:
			if positive[i] {
				scores[i] += 0.3
			}
		case 1:
			scores[i] = math.Floor(scores[i]*8) / 8
		case 2:
			scores[i] = 0.25
		case 3:
			scores[i] = math.Floor(scores[i]*3) - 1
		case 4:
			scores[i] = math.Ldexp(scores[i]-0.5, int(math.Floor(draw.Next()*200))-100)
		case 5:
			positive[i] = head[1] < 0.5
		}
	}
	return scores, positive
}

// TestAUROCEqualsScikitLearnOn10000Cases: continuous scores, ties, scores that are all
// one, of any size, and examples that are all of one class, which have no AUROC.
func TestAUROCEqualsScikitLearnOn10000Cases(t *testing.T) {
	data, err := os.ReadFile("testdata/auroc.f64")
	if err != nil {
		t.Fatal(err)
	}
	want := make([]float64, 10000)
	if err := binary.Read(bytes.NewReader(data), binary.LittleEndian, want); err != nil || len(data) != 80000 {
		t.Fatalf("%d bytes: %v", len(data), err)
	}
	var undefined int
	for number, want := range want {
		scores, positive := binaryCase(number)
		for name, of := range map[string]func([]float64, []bool) (auroc.Staircase, error){"": auroc.StaircaseOf, " by positives": auroc.RankedOf} {
			staircase, err := of(scores, positive)
			got, defined := staircase.Count().AUROC()
			if err != nil || defined == math.IsNaN(want) || defined && !(math.Abs(got-want) <= 1e-12) {
				t.Fatalf("case %d%s: %v (%v, %v), scikit-learn has %v", number, name, got, defined, err, want)
			}
		}
		if math.IsNaN(want) {
			undefined++
		}
	}
	if undefined < 1000 || undefined > 3000 {
		t.Errorf("%d cases of one class", undefined)
	}
}

// probabilityCase is probability_case of the oracle.
func probabilityCase(number int) (logits []float64, happened []bool) {
	draw := drawn.Of(number)
	head := draw.Some(3)
	n := 60 + int(head[0]*200)
	first, second, u := draw.Some(n), draw.Some(n), draw.Some(n)
	happened = make([]bool, n)
	for i := range first {
		logit := float64(float32(float64((first[i]-0.5)*4) + float64((second[i]-0.5)*8)))
		if number%3 == 0 {
			logit = math.RoundToEven(logit)
		}
		happened[i] = u[i] < 1/(1+math.Exp(-(logit*(0.2+head[1])+2*head[2]-1)))
		logits = append(logits, logit)
	}
	return logits, happened
}

func outcomesAt(logits []float64, happened []bool, yes func(float64) bool) (o measures.Outcomes) {
	for i, logit := range logits {
		o.Add(yes(logit), happened[i])
	}
	return o
}

// figures are those of a binary task, in the order of the oracle's.
func figures(o measures.Outcomes) []float64 {
	both := o
	both.Merge(o.Not())
	return []float64{o.F1(), both.F1(), (o.F1() + o.Not().F1()) / 2, o.Precision(), o.Sensitivity(), o.Specificity()}
}

func TestMeasuresEqualScikitLearn(t *testing.T) {
	var golden struct {
		Cases []struct {
			AP, Brier, ECE, Mean, Threshold, Slope, Intercept float64
			Half, Best                                        []float64
		}
	}
	data, err := os.ReadFile("testdata/measures.json")
	if err == nil {
		err = json.Unmarshal(data, &golden)
	}
	if err != nil || len(golden.Cases) < 100 {
		t.Fatal(len(golden.Cases), err)
	}
	for i, want := range golden.Cases {
		near := func(name string, got, want float64) {
			if !(math.Abs(got-want) <= 1e-9) {
				t.Errorf("case %d: %s %v, want %v", i, name, got, want)
			}
		}
		logits, happened := probabilityCase(20000 + i)
		staircase, err := auroc.RankedOf(logits, happened)
		if err != nil {
			t.Fatal(err)
		}
		ap, _ := staircase.AveragePrecision()
		near("average precision", ap, want.AP)
		var f measures.Forecasts
		before := measures.Identity(2)
		for i, logit := range logits {
			f.Add(before.Sigmoid(logit), happened[i])
		}
		near("Brier score", f.Brier(), want.Brier)
		near("calibration error", f.ECE(), want.ECE)
		near("mean", f.MeanPredicted(), want.Mean)
		c, threshold := fitted(t, logits, happened)
		near("slope", c.Slope, want.Slope)
		near("intercept", c.Intercepts[0], want.Intercept)
		near("threshold", threshold, want.Threshold)
		for k, got := range figures(outcomesAt(logits, happened, func(x float64) bool { return x > 0 })) {
			near("figure at one half", got, want.Half[k])
		}
		for k, got := range figures(outcomesAt(logits, happened, func(x float64) bool { return x >= threshold })) {
			near("figure at the threshold", got, want.Best[k])
		}
	}
}

// fitted is a calibration and the threshold of the highest F1.
func fitted(t interface {
	Helper()
	Fatal(...any)
}, logits []float64, happened []bool) (measures.Calibration, float64) {
	t.Helper()
	counts, bound := make([]int, 2), 0.0
	var positives []float64
	for i, logit := range logits {
		bound = max(bound, math.Abs(logit))
		if happened[i] {
			counts[1]++
			positives = append(positives, logit)
		} else {
			counts[0]++
		}
	}
	tally := auroc.PoolOf(positives).Tally()
	for i, logit := range logits {
		if !happened[i] {
			tally.Add(logit)
		}
	}
	ranking := auroc.RankingOf(counts[1], counts[0])
	ranking.Add(tally)
	threshold, _ := ranking.HighestF1()
	c, err := measures.Fit(counts, bound, func(fresh func() *measures.Moments) (*measures.Moments, error) {
		m := fresh()
		for i, logit := range logits {
			m.AddEvent(logit, happened[i])
		}
		return m, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, threshold
}
