package bagofwords

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
)

func TestSettingsBoundTheSearch(t *testing.T) {
	g := readGolden(t)
	train, _ := g.matrices()
	c := g.Cases[0]
	positive := make([]bool, len(c.Labels))
	for i, label := range c.Labels {
		positive[i] = label == 1
	}
	ones := weights(c.Labels, 2, false)
	for _, r := range []Regression{{1, 1e-9, 2}, {1, 1e-300, 10000}} { // too few steps; more than float64 can tell
		if m, err := r.Binary(t.Context(), train, positive, ones); err != nil || m.Converged {
			t.Errorf("%+v: converged %v, %v", r, m.Converged, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := tight(1).Binary(ctx, train, positive, ones); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled fit: %v", err)
	}
	if _, err := tight(1).Binary(t.Context(), train, positive, ones[:3]); err == nil {
		t.Error("a panic in the optimizer's goroutine was lost")
	}
}

// BenchmarkLabels fits 150 labels of 5,000 documents of 100 tokens.
func BenchmarkLabels(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(rng, 1.3, 8, 2047)
	documents := make([][]int32, 5000)
	for i := range documents {
		for range 100 {
			documents[i] = append(documents[i], int32(zipf.Uint64()))
		}
	}
	ones := make([]float64, len(documents))
	for i := range ones {
		ones[i] = 1
	}
	for b.Loop() {
		x := NewWeighting(documents).Matrix(documents)
		steps := 0
		for label := range 150 {
			positive := make([]bool, len(documents))
			for i, ids := range documents {
				for _, id := range ids {
					positive[i] = positive[i] || int(id) == 3*label+20
				}
			}
			m, err := Regression{1, 1e-4, 100}.Binary(b.Context(), x, positive, ones)
			if err != nil {
				b.Fatal(err)
			}
			if m.Converged {
				steps++
			}
		}
		b.ReportMetric(float64(steps), "converged")
	}
}
