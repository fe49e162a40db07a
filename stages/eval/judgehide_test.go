package eval

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval/evaltest"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// hidden measures predictions with small cells hidden.
func hidden(t *testing.T, rows []task.Prediction) (*dataset.Dataset, TaskScore) {
	t.Helper()
	out := stagetest.Run(t, "eval.auroc", "{replicates: 0}", stages.Inputs{"predictions": {evaltest.Predictions(t, 2, rows)}})
	return out, evaltest.Read[Metrics](t, out, MetricsName).Variants["lora"].Tasks[rows[0].Task]
}

// TestFewExamplesTellNothingMore: of a task that has fewer than ten on a side nothing
// but an AUROC of two digits is told, in no file.
func TestFewExamplesTellNothingMore(t *testing.T) {
	for _, c := range []struct {
		task  string
		sizes []int
	}{{"mor", []int{60, 9}}, {"mor", []int{9, 60}}, {"los", []int{40, 30, 20, 9}}, {"diag", []int{3, 2, 4}}} {
		t.Run(fmt.Sprint(c.task, c.sizes), func(t *testing.T) {
			out, s := hidden(t, evaltest.OfClasses(c.task, c.sizes...))
			told := s.Probabilities != nil || s.Calibration != nil || s.AtHalf != nil || s.AtThreshold != nil
			for _, value := range []*float64{s.MicroAUROC, s.WeightedAUROC, s.AUPRC, s.MicroAUPRC, s.WeightedAUPRC, s.Prevalence} {
				told = told || value != nil
			}
			if !s.SmallCells || told {
				t.Errorf("%+v", s)
			}
			if curves := evaltest.Read[Reliability](t, out, ReliabilityName).Variants["lora"][c.task]; len(curves) > 0 {
				t.Errorf("a reliability curve of few: %+v", curves)
			}
		})
	}
}

// TestRareClassesAreHidden: a class with one to nine examples, or with all but so few, is
// not counted, nor one that the sum would give it away by, and has an AUROC of few digits
// alone; where one to nine are rare no other has more.
func TestRareClassesAreHidden(t *testing.T) {
	for _, c := range []struct {
		task   string
		sizes  []int
		told   []smallcell.Count
		digits float64 // of figures of classes that are not rare
	}{
		{"diag", []int{40, 9, 25, 0, 60}, []smallcell.Count{40, smallcell.Below, smallcell.Above, 0, 60}, 100},
		{"diag", []int{40, 9, 3, 30}, []smallcell.Count{40, smallcell.Below, smallcell.Below, smallcell.Above}, 10},
		{"diag", []int{40, 30, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1}, nil, 1e4},
		{"los", []int{12, 10, 30}, []smallcell.Count{12, 10, 30}, 1e4},
		{"los", []int{40, 30, 20, 9}, []smallcell.Count{40, 30, smallcell.Above, smallcell.Below}, 10},
	} {
		out, score := hidden(t, evaltest.OfClasses(c.task, c.sizes...))
		classes := evaltest.Read[Classes](t, out, ClassesName).Variants["lora"][c.task]
		for k, class := range classes {
			few := smallcell.Small(c.sizes[k])
			if c.told != nil && class.Positives != c.told[k] || class.SmallCells != few || few && (class.AUPRC != nil || class.MeanPredicted != nil) {
				t.Errorf("%v: class %d is told as %+v", c.sizes, k, class)
			}
			digits := c.digits
			if few {
				digits = min(digits, 100)
			}
			for _, value := range []*float64{class.AUROC, class.AUPRC} {
				if value != nil && *value != math.Round(digits**value)/digits {
					t.Errorf("%v: class %d has a figure %v", c.sizes, k, *value)
				}
			}
		}
		if len(classes) != len(c.sizes) {
			t.Errorf("%d classes of %v", len(classes), c.sizes)
		}
		for _, mean := range []*float64{score.WeightedAUROC, score.WeightedAUPRC, score.AUPRC} {
			if (mean == nil) != (c.digits < 1e4) {
				t.Errorf("%v: a mean that follows from the counts is %v", c.sizes, mean)
			}
		}
	}
}

// The attack: the AUROC of a rare label, which is told in few digits, is the mean over the
// labels times their number less the others'. In four digits it is a fraction of the pairs
// of one positive and all others, and of hardly another number of positives.
func TestMeansTellNoRareLabel(t *testing.T) {
	for _, positives := range []int{1, 2} {
		rows := evaltest.OfClasses("diag", 60, positives, 30, 80)
		others := len(rows) - positives
		exact := *measure(t, "{small_cells: show}", stages.Inputs{"predictions": {evaltest.Predictions(t, 2, rows)}}).Variants["lora"].Tasks["diag"].AUROC
		out, score := hidden(t, rows)
		classes := evaltest.Read[Classes](t, out, ClassesName).Variants["lora"]["diag"]
		// possible are the numbers of positives of which some AUROC is what is left, where
		// each other label's is told to within an error.
		possible := func(told func(k int) float64, error float64) (all []int) {
			left := 4 * exact
			for _, k := range []int{0, 2, 3} {
				left -= told(k)
			}
			for n := 1; n < smallcell.Limit; n++ {
				pairs := float64(n * (others + positives - n))
				if math.Abs(math.Round(left*pairs)/pairs-left) <= 3*error {
					all = append(all, n)
				}
			}
			return all
		}
		shown := evaltest.Read[Classes](t, stagetest.Run(t, "eval.auroc", "{replicates: 0, small_cells: show}", stages.Inputs{"predictions": {evaltest.Predictions(t, 2, rows)}}), ClassesName).Variants["lora"]["diag"]
		if before := possible(func(k int) float64 { return fourDigits(*shown[k].AUROC) }, 0.5e-4); !slices.Contains(before, positives) || len(before) > 6 {
			t.Errorf("the attack on four digits does not do: of %d it finds %v", positives, before)
		}
		if after := possible(func(k int) float64 { return *classes[k].AUROC }, 0.5e-2); len(after) < smallcell.Limit-1 || *score.AUROC != exact {
			t.Errorf("of %d rare positives it finds %v", positives, after)
		}
	}
}

// The attack: one positive among n examples has an AUROC of n, and two digits single it out
// or rule it out where n is small.
func TestCoarseRulesNothingOut(t *testing.T) {
	for _, n := range []int{12, 30, 60, 100, 101, 400} {
		told := map[float64]int{}
		for positives := 1; positives < smallcell.Limit; positives++ {
			pairs := positives * (n - positives)
			seen := map[float64]bool{}
			for wins := range pairs + 1 {
				seen[Coarse(n)(float64(wins)/float64(pairs))] = true
			}
			for value := range seen {
				told[value]++
			}
		}
		for value, numbers := range told {
			if numbers < smallcell.Limit-1 {
				t.Errorf("of %d examples %v is the AUROC of %d numbers of positives alone", n, value, numbers)
			}
		}
	}
}

// TestRareOutcomesAreHidden: figures of decisions by which one to nine outcomes of a kind
// could be counted are not told.
func TestRareOutcomesAreHidden(t *testing.T) {
	for missed, told := range []bool{true, false, false, false, false, false, false, false, false, false, true} {
		rows := evaltest.OfClasses("mor", 60, 60)
		for i := range rows { // 20 false positives, and so many false negatives
			yes := i < 20 || i >= 60+missed
			rows[i].Logits = []float32{0, map[bool]float32{true: 1 + float32(i)/100, false: -1 - float32(i)/100}[yes]}
		}
		_, s := hidden(t, rows)
		if s.AtHalf == nil || s.AtHalf.SmallCells == told || (s.AtHalf.Sensitivity != nil) != told || (s.AtHalf.F1Macro != nil) != told {
			t.Errorf("%d false negatives: %+v", missed, s.AtHalf)
		}
	}
	rows := evaltest.OfClasses("los", 40, 40, 40)
	for i := range rows { // 5 of 120 are not told right
		said := int(rows[i].Label)
		if i%24 == 0 {
			said = (said + 1) % 3
		}
		rows[i].Logits = []float32{0, 0, 0}
		rows[i].Logits[said] = 2
	}
	if _, s := hidden(t, rows); s.AtHalf == nil || !s.AtHalf.SmallCells || s.AtHalf.F1Micro != nil {
		t.Errorf("few wrong: %+v", s.AtHalf)
	}
}

// TestReliabilityHidesFew: no group of a curve holds one to nine examples with the class,
// or without it.
func TestReliabilityHidesFew(t *testing.T) {
	for _, c := range []struct {
		name   string
		sizes  []int
		curves int
	}{{"mor", []int{130, 20}, 1}, {"los", []int{130, 20, 60, 45}, 4}, {"diag", []int{130, 20, 60, 45}, 1}} {
		name := c.name
		out, _ := hidden(t, evaltest.OfClasses(name, c.sizes...))
		curves := evaltest.Read[Reliability](t, out, ReliabilityName).Variants["lora"][name]
		if len(curves) != c.curves {
			t.Fatalf("%s: %d curves", name, len(curves))
		}
		for _, curve := range curves {
			if len(curve.Bins) < 2 {
				t.Errorf("%s: %d groups", name, len(curve.Bins))
			}
			for _, b := range curve.Bins {
				with := int(math.Round(b.Observed * float64(b.N)))
				if smallcell.Small(int(b.N)) || smallcell.Small(with) || smallcell.Small(int(b.N)-with) {
					t.Errorf("%s: a group of %d with %d", name, b.N, with)
				}
			}
		}
	}
}
