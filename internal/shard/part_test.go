package shard

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The cases are what oracle/parts.py prints.
func TestPartAndSplitOfKnownPatients(t *testing.T) {
	for _, c := range []struct {
		subject, seed int64
		parts, part   int
		split         string
	}{
		{10000032, 0, 64, 35, "train"},
		{10000032, 1, 64, 35, "val"},
		{19999987, 13, 256, 35, "train"},
		{1, 0, 1, 0, "train"},
		{2, 2, 7, 2, "train"},
		{10000994, 1, 64, 61, "test"},
		{10001003, 1, 256, 149, "test"},
		{-5, -1, 64, 21, "train"},
		{9223372036854775807, 9223372036854775807, 4096, 1900, "train"},
	} {
		if got := PartOf(c.subject, c.parts); got != c.part {
			t.Errorf("PartOf(%d, %d) = %d, want %d", c.subject, c.parts, got, c.part)
		}
		if got := SplitOf(c.subject, c.seed); got != c.split {
			t.Errorf("SplitOf(%d, %d) = %s, want %s", c.subject, c.seed, got, c.split)
		}
	}
}

func TestPartIsInRange(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		parts := rapid.IntRange(1, 1<<20).Draw(r, "parts")
		if part := PartOf(rapid.Int64().Draw(r, "subject_id"), parts); part < 0 || part >= parts {
			r.Fatalf("part %d of %d", part, parts)
		}
	})
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
		part := PartOf(subject, parts)
		counts[SplitOf(subject, 7)][part]++
		sizes[part]++
	}
	for split, p := range shares {
		for part, n := range sizes {
			if stray := math.Abs(counts[split][part]-n*p) / math.Sqrt(n*p*(1-p)); stray > 4.5 {
				t.Errorf("part %d holds %.0f of %.0f patients in %s: %.1f standard deviations off", part, counts[split][part], n, split, stray)
			}
		}
	}
}
