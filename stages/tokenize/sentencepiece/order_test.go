package sentencepiece

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The order of merges is that of their scores, the higher first, then that of their places.
func TestOrderOfMerges(t *testing.T) {
	negativeZero := float32(math.Copysign(0, -1))
	score := rapid.OneOf(rapid.Float32(), rapid.SampledFrom([]float32{0, negativeZero, 1, -1, float32(math.Inf(1)), float32(math.Inf(-1))}))
	rapid.Check(t, func(t *rapid.T) {
		a, b := score.Draw(t, "a"), score.Draw(t, "b")
		left, right := rapid.IntRange(0, math.MaxInt32).Draw(t, "left"), rapid.IntRange(0, math.MaxInt32).Draw(t, "right")
		want := a > b || a == b && left < right
		if got := orderOf(a, left) < orderOf(b, right); got != want {
			t.Fatalf("score %g at %d before %g at %d: %v", a, left, b, right, got)
		}
	})
}
