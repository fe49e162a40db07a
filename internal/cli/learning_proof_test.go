//go:build proof

package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// What the demo must show at full size, of each seed, and in the mean of three.
const (
	wantTest       = 1500 // test admissions
	wantMacro      = 0.75 // of each seed
	wantGain       = 0.03 // macro AUROC over the head alone, of what trains adapters
	wantTask       = 0.60
	wantShare      = 0.60 // of the way from chance to the known best
	chanceMargin   = 0.05 // of shuffled labels around 0.5, on each task
	mostPerplexity = 200  // of the base on whole notes, held out
	leastFall      = 0.10 // of the perplexity with the clinical adapter: less is no gain,
	mostFall       = 0.60 // and more is one that nobody believes
)

const bestVariant = "clinical_trainable_downstream"

var seeds = []string{"1", "2", "3"}

// TestProofLearning takes a quarter of an hour a seed:
//
//	go test -tags proof ./internal/cli -run TestProofLearning -v -timeout 180m
func TestProofLearning(t *testing.T) {
	var mean, shuffled average
	for _, seed := range seeds {
		dir := t.TempDir()
		out := filepath.Join(dir, "clinflow-demo")
		clinflow(t, dir, 0, "demo", "--scale", "full", "--seed", seed, "--quiet")
		m := metricsOf(t, out)
		checkMetrics(t, m)
		printScores(seed, m)
		checkOrder(t, seed, m)
		mean.add(m)
		checkPerplexity(t, seed, out)
		clinflow(t, dir, 0, append([]string{"run", oneVariant(t, dir), "--out", "clinflow-demo", "--quiet", "--set", "shuffle_labels=true", "--set", "seed=" + seed}, setsOf("full")...)...)
		shuffled.add(metricsOf(t, out))
		if n := m.KnownBest.Tasks["mor"].N; n < wantTest {
			t.Errorf("seed %s: %d test admissions", seed, n)
		}
	}
	mean.print("mean")
	shuffled.print("mean of shuffled labels")
	for _, variant := range []string{"lora", "clinical_trainable", bestVariant} {
		if gain := mean.macro(variant) - mean.macro("head"); gain < wantGain {
			t.Errorf("%s: %.4f above head", variant, gain)
		}
	}
	share := (mean.macro(bestVariant) - 0.5) / (mean.macro("known best") - 0.5)
	fmt.Printf("%s: macro %.4f, %.3f of the way to the known best\n", bestVariant, mean.macro(bestVariant), share)
	if mean.macro(bestVariant) < wantMacro || share < wantShare {
		t.Error("the demo does not learn as it must")
	}
	for _, task := range tasks {
		if got := mean.of(bestVariant, task); got < wantTask {
			t.Errorf("%s: %.4f", task, got)
		}
		if got := shuffled.of(bestVariant, task); got < 0.5-chanceMargin || got > 0.5+chanceMargin {
			t.Errorf("%s: shuffled labels give %.4f", task, got)
		}
	}
}

// checkOrder wants the best variant's interval above the head's.
func checkOrder(t *testing.T, seed string, m metricsFile) {
	t.Helper()
	best, head := m.Variants[bestVariant], m.Variants["head"]
	if best.MacroAUROC < wantMacro || best.MacroInterval.Low <= head.MacroInterval.High {
		t.Errorf("seed %s: %s has macro %.4f %v, head %.4f %v", seed, bestVariant, best.MacroAUROC, best.MacroInterval, head.MacroAUROC, head.MacroInterval)
	}
}

// printScores prints the AUROCs of a seed, and the intervals of their means.
func printScores(seed string, m metricsFile) {
	fmt.Println("seed", seed, tasks)
	rows := maps.Clone(m.Variants)
	rows["baseline"], rows["known best"] = m.Baseline, m.KnownBest
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		fmt.Printf("  %-30s", name)
		for _, task := range tasks {
			fmt.Printf(" %.4f", rows[name].Tasks[task].AUROC)
		}
		fmt.Printf("  macro %.4f [%.4f, %.4f]\n", rows[name].MacroAUROC, rows[name].MacroInterval.Low, rows[name].MacroInterval.High)
	}
}

// average sums AUROCs over seeds.
type average struct {
	sums map[string]map[string]float64 // by row and task
	n    float64
}

func (a *average) add(m metricsFile) {
	rows := map[string]scores{"baseline": m.Baseline, "known best": m.KnownBest}
	for variant, row := range m.Variants {
		rows[variant] = row
	}
	if a.sums == nil {
		a.sums = map[string]map[string]float64{}
	}
	for name, row := range rows {
		if a.sums[name] == nil {
			a.sums[name] = map[string]float64{}
		}
		for task, score := range row.Tasks {
			a.sums[name][task] += score.AUROC
		}
	}
	a.n++
}

func (a *average) of(row, task string) float64 { return a.sums[row][task] / a.n }

func (a *average) macro(row string) (mean float64) {
	for _, task := range tasks {
		mean += a.of(row, task) / float64(len(tasks))
	}
	return mean
}

func (a *average) print(title string) {
	fmt.Println(title, tasks)
	for _, row := range slices.Sorted(maps.Keys(a.sums)) {
		fmt.Printf("  %-30s", row)
		for _, task := range tasks {
			fmt.Printf(" %.4f", a.of(row, task))
		}
		fmt.Printf("  macro %.4f\n", a.macro(row))
	}
}

// checkPerplexity reads what the clinical adapter did to the held-out notes.
func checkPerplexity(t *testing.T, seed, out string) {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join(out, "steps", "clinical-*"))
	if err != nil || len(folders) != 1 {
		t.Fatalf("clinical adapters: %v %v", folders, err)
	}
	var m struct {
		Perplexity struct{ Before, After float64 } `json:"val_perplexity"`
	}
	if err := json.Unmarshal([]byte(read(t, folders[0], "metrics.json")), &m); err != nil {
		t.Fatal(err)
	}
	fmt.Printf("seed %s: held-out perplexity on whole notes %.2f before, %.2f after\n", seed, m.Perplexity.Before, m.Perplexity.After)
	fall := 1 - m.Perplexity.After/m.Perplexity.Before
	if m.Perplexity.Before >= mostPerplexity || fall < leastFall || fall > mostFall {
		t.Errorf("seed %s: a perplexity of %.2f falls by %.0f%%", seed, m.Perplexity.Before, 100*fall)
	}
}

// oneVariant is the demo's file with the best variant alone: shuffled labels need no other.
func oneVariant(t *testing.T, dir string) string {
	t.Helper()
	text := read(t, "../../dags", "demo.yaml")
	for _, variant := range variants {
		if variant != bestVariant {
			text = regexp.MustCompile(`(?m)^    `+variant+`: .*\n`).ReplaceAllString(text, "")
		}
	}
	file := filepath.Join(dir, "one-variant.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
