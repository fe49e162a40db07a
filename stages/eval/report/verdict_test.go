package report

import (
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/eval/compare"
)

// judged is a table of two variants and a baseline on one task, with intervals of a half
// width, 0 for none, and, where p is not negative, a comparison of each with each.
func judged(half, p float64) resultTable { return judgedWith(0.65, half, p) }

// judgedWith is judged with a baseline of an AUROC.
func judgedWith(baseline, half, p float64) resultTable {
	scores := func(x float64) *eval.Scores {
		s := eval.TaskScore{AUROC: &x, Patients: 212}
		if half > 0 {
			s.Interval = &eval.Interval{Low: x - half, High: x + half}
		}
		return &eval.Scores{MacroAUROC: &x, MacroInterval: s.Interval, TasksAveraged: 1, Tasks: map[string]eval.TaskScore{"mor": s}}
	}
	m := eval.Metrics{Split: "test", Variants: map[string]*eval.Scores{"head": scores(0.6), "lora": scores(0.7)}, Baseline: scores(baseline)}
	var c *compare.Comparisons
	if p >= 0 {
		c = &compare.Comparisons{Tasks: map[string][]compare.Comparison{"mor": {
			{A: "head", B: "lora", Against: compare.AgainstVariant, Difference: -0.1, Patients: 212, PHolm: &p},
			{A: "lora", B: "baseline", Against: compare.AgainstBaseline, Difference: 0.05, Patients: 212, PHolm: &p},
			{A: "lora", B: "lora", Against: compare.AgainstOther, Difference: 0.05, Patients: 212, PHolm: &p},
		}}}
	}
	return tableOf(m, eval.Curves{}, c)
}

// TestVerdict: what the report begins with, and what is bold, by how far chance goes.
func TestVerdict(t *testing.T) {
	for name, c := range map[string]struct {
		half, p        float64
		headline, ties string
		bold           bool
	}{
		"comparisons tell all apart":        {0.2, 0.01, "lora is the highest, with an AUROC on MOR of 0.700 (0.500–0.900), and beats the bag of words, which has 0.650", "better than every other variant", true},
		"comparisons tell none apart":       {0.01, 0.2, "No variant is shown to beat the bag of words: the highest, lora, has", "cannot be told apart from any other", false},
		"intervals tell all apart":          {0.01, -1, "lora is the highest", "better than every other variant", true},
		"intervals overlap":                 {0.2, -1, "No variant is shown to beat the bag of words", "cannot be told apart from any other", false},
		"nothing tells how far chance goes": {0, -1, "The highest is lora, with an AUROC on MOR of 0.700; the bag of words has 0.650.", "was not measured", false},
	} {
		table := judged(c.half, c.p)
		v := table.verdict("test")
		if !strings.HasPrefix(v.Headline, c.headline) || !strings.Contains(v.Ties, c.ties) || !strings.HasPrefix(v.Patients, "Measured on 212 patients of the test split") {
			t.Errorf("%s: %q %q %q", name, v.Headline, v.Ties, v.Patients)
		}
		if bold := table.row("lora", false).Cells[0].Top; bold != c.bold {
			t.Errorf("%s: bold: %v", name, bold)
		}
	}
}

// TestABaselineThatIsBetterIsToldFirst: it is what the demo shows.
func TestABaselineThatIsBetterIsToldFirst(t *testing.T) {
	table := judgedWith(0.8, 0.01, -1)
	if v := table.verdict("test"); v.Headline != "No variant beats the bag of words: the highest, lora, has an AUROC on MOR of 0.700 (0.690–0.710), the bag of words 0.800 (0.790–0.810)." {
		t.Errorf("%q", v.Headline)
	}
}

// An interval that holds zero contradicts a low p-value, which is made in another way.
func TestAnIntervalThatHoldsZeroTellsNothingApart(t *testing.T) {
	table := judged(0.2, 0.01)
	for low, want := range map[float64]judgement{-0.002: alike, 0: alike, 0.001: better} {
		table.compared.Tasks["mor"][1].Interval = &eval.Interval{Low: low, High: 0.102}
		lora, base := *table.row("lora", false), *table.row(baselineName, true)
		if got, d := table.judge(lora, base, "mor"), table.difference(lora, base, "mor"); got != want || d.Apart != (want == better) {
			t.Errorf("from %v on: judged %v, bold %v", low, got, d.Apart)
		}
	}
}

// The classes that are told are said to have ten examples only where they do.
func TestSpreadSaysOfWhichClassesItIs(t *testing.T) {
	x := 0.7
	for fewest, want := range map[smallcell.Count]string{3: "Of 3 labels the lowest", 10: "Of 3 labels with ten examples or more the lowest"} {
		classes := []eval.ClassScore{{Label: "a", Positives: 40, AUROC: &x}, {Label: "b", Positives: fewest, AUROC: &x}, {Label: "c", Positives: 40, AUROC: &x}}
		if got := spread(classes); !strings.HasPrefix(got, want) {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

func TestAComparisonIsReadBothWays(t *testing.T) {
	table := judged(0.2, 0.01)
	table.compared.Tasks["mor"][0].Interval = &eval.Interval{Low: -0.15, High: -0.05}
	lora, head := *table.row("lora", false), *table.row("head", false)
	c := table.comparison(lora, head, "mor")
	if c.Difference != 0.1 || c.Interval.Low != 0.05 || c.Interval.High != 0.15 || table.judge(head, lora, "mor") != worse {
		t.Errorf("%+v", c)
	}
}

// A variant may have the name that comparisons give the bag of words.
func TestAVariantCalledBaselineIsNotTheBagOfWords(t *testing.T) {
	x, p := 0.7, 0.01
	scores := &eval.Scores{Tasks: map[string]eval.TaskScore{"mor": {AUROC: &x}}}
	table := tableOf(eval.Metrics{Variants: map[string]*eval.Scores{"baseline": scores, "lora": scores}, Baseline: scores}, eval.Curves{}, &compare.Comparisons{Tasks: map[string][]compare.Comparison{"mor": {
		{A: "baseline", B: "lora", Against: compare.AgainstVariant, Difference: 0.1, PHolm: &p},
		{A: "baseline", B: "baseline", Against: compare.AgainstBaseline, Difference: 0.2, PHolm: &p},
		{A: "lora", B: "baseline", Against: compare.AgainstBaseline, Difference: 0.3, PHolm: &p},
	}}})
	variant, lora, bag := *table.row("baseline", false), *table.row("lora", false), *table.row(baselineName, true)
	for _, c := range []struct {
		a, b resultRow
		want float64
	}{{variant, lora, 0.1}, {lora, variant, -0.1}, {variant, bag, 0.2}, {bag, variant, -0.2}, {lora, bag, 0.3}, {bag, lora, -0.3}} {
		if got := table.comparison(c.a, c.b, "mor"); got == nil || got.Difference != c.want {
			t.Errorf("%s − %s: %+v, want %v", c.a.Name, c.b.Name, got, c.want)
		}
	}
}
