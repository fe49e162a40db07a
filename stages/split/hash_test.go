package split_test

import (
	"math"
	"testing"

	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages/split"
)

// The cases are what oracle/parts.py prints.
func TestSplitOfKnownPatients(t *testing.T) {
	for _, c := range []struct {
		subject, seed int64
		split         string
	}{
		{10000032, 0, "train"},
		{10000032, 1, "val"},
		{19999987, 13, "train"},
		{1, 0, "train"},
		{2, 2, "train"},
		{10000994, 1, "test"},
		{10001003, 1, "test"},
		{-5, -1, "train"},
		{9223372036854775807, 9223372036854775807, "train"},
	} {
		if got := split.Of(c.subject, c.seed); got != c.split {
			t.Errorf("Of(%d, %d) = %s, want %s", c.subject, c.seed, got, c.split)
		}
	}
}

// Splits have their shares in every part: the two hashes are independent. With
// n patients a share of p strays by more than 4.5 standard deviations once in
// 150,000 draws; there are 30 of them, and the hashes are fixed.
func TestSplitsAreIndependentOfParts(t *testing.T) {
	const parts = 10
	shares := map[string]float64{"train": 0.7, "val": 0.1, "test": 0.2}
	counts := map[string]*[parts]float64{"train": {}, "val": {}, "test": {}}
	var sizes [parts]float64
	for subject := int64(10_000_000); subject < 10_100_000; subject++ {
		part := mimic.PartOf(subject, parts)
		counts[split.Of(subject, 7)][part]++
		sizes[part]++
	}
	for name, p := range shares {
		for part, n := range sizes {
			if stray := math.Abs(counts[name][part]-n*p) / math.Sqrt(n*p*(1-p)); stray > 4.5 {
				t.Errorf("part %d holds %.0f of %.0f patients in %s: %.1f standard deviations off", part, counts[name][part], n, name, stray)
			}
		}
	}
}
