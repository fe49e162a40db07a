package ui

import (
	"testing"

	"github.com/clinflow/clinflow/stages/eval"
)

// A variant may be called what the baseline is called elsewhere: both are shown.
func TestAVariantCalledBaselineIsShown(t *testing.T) {
	variant, bag := &eval.Scores{}, &eval.Scores{}
	shown := measurement{Metrics: &eval.Metrics{Variants: map[string]*eval.Scores{"baseline": variant}, Baseline: bag}}.scored()
	if len(shown) != 2 || shown["baseline"] != variant || shown["bag of words"] != bag {
		t.Errorf("shown are %v", shown)
	}
}
