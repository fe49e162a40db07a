package sentencepiece

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The order of merges is that of their scores, the higher first.
func TestOrderOfMerges(t *testing.T) {
	negativeZero := float32(math.Copysign(0, -1))
	score := rapid.OneOf(rapid.Float32(), rapid.SampledFrom([]float32{0, negativeZero, 1, -1, float32(math.Inf(1)), float32(math.Inf(-1))}))
	rapid.Check(t, func(t *rapid.T) {
		a, b := score.Draw(t, "a"), score.Draw(t, "b")
		if got := rankOf(a) > rankOf(b); got != (a > b) {
			t.Fatalf("score %g before %g: %v", a, b, got)
		}
	})
}
