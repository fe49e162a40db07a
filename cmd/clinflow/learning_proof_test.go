//go:build proof

package main

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"
)

// The limits of the demo at full size, mean of three seeds: what LoRA must win
// over the head alone, how much of the way from chance to the known best it must
// go, and how near to chance shuffled labels must lead.
const (
	wantGain     = 0.03
	wantShare    = 0.60
	chanceMargin = 0.05
	wantMinutes  = 3
)

var seeds = []string{"1", "2", "3"}

// TestProofLearning takes minutes a seed:
//
//	go test -tags proof ./cmd/clinflow -run TestProofLearning -v -timeout 60m
func TestProofLearning(t *testing.T) {
	var head, lora, best, shuffled float64
	for _, seed := range seeds {
		dir := t.TempDir()
		start := time.Now()
		clinflow(t, dir, 0, "demo", "--seed", seed, "--quiet")
		took := time.Since(start)
		m := metricsOf(t, filepath.Join(dir, "clinflow-demo"))
		clinflow(t, dir, 0, "demo", "--seed", seed, "--quiet", "--set", "shuffle_labels=true")
		s := metricsOf(t, filepath.Join(dir, "clinflow-demo"))
		fmt.Printf("seed %s: head %.4f lora %.4f known best %.4f shuffled head %.4f lora %.4f of %d test examples, %d positive, in %.0f s\n",
			seed, m.Variants["head"].MacroAUROC, m.Variants["lora"].MacroAUROC, m.KnownBest.MacroAUROC,
			s.Variants["head"].MacroAUROC, s.Variants["lora"].MacroAUROC,
			m.KnownBest.Tasks["mor"].N, m.KnownBest.Tasks["mor"].Positives, took.Seconds())
		if took > wantMinutes*time.Minute {
			t.Errorf("seed %s took %v, more than %d minutes", seed, took, wantMinutes)
		}
		head += m.Variants["head"].MacroAUROC / float64(len(seeds))
		lora += m.Variants["lora"].MacroAUROC / float64(len(seeds))
		best += m.KnownBest.MacroAUROC / float64(len(seeds))
		shuffled += s.Variants["lora"].MacroAUROC / float64(len(seeds))
	}
	share := (lora - 0.5) / (best - 0.5)
	fmt.Printf("mean: lora - head %.4f (want %.2f), share of the way to the known best %.3f (want %.2f), shuffled %.4f (want 0.5 ± %.2f)\n",
		lora-head, wantGain, share, wantShare, shuffled, chanceMargin)
	if lora-head < wantGain || share < wantShare || shuffled < 0.5-chanceMargin || shuffled > 0.5+chanceMargin {
		t.Error("the demo does not learn as it must")
	}
}
