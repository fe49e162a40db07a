package eval

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval/evaltest"
	"github.com/clinflow/clinflow/task"
)

// An interval holds what it bounds, follows from the seed, and stands wherever an AUROC
// does; DeLong's stands beside that of a binary task.
func TestIntervalsOfAllTasks(t *testing.T) {
	in := stages.Inputs{"predictions": evaltest.ByTask(t, 3, evaltest.AllCases(golden(t), "lora", 2))}
	m := measure(t, "{}", in)
	scores := m.Variants["lora"]
	if diff := cmp.Diff(&IntervalSettings{Level: 0.95, Replicates: 1000, Seed: 1}, m.Interval); diff != "" {
		t.Error(diff)
	}
	for name, score := range scores.Tasks {
		if score.Interval == nil || score.Interval.Low >= *score.AUROC || score.Interval.High <= *score.AUROC || int64(score.Patients) != (int64(score.N)+1)/2 {
			t.Errorf("%s: %v of %v patients in %+v", name, *score.AUROC, score.Patients, score.Interval)
		}
		if binary := m.Tasks[name].Kind == task.Binary; binary != (score.DeLong != nil) {
			t.Errorf("%s has DeLong's interval %+v", name, score.DeLong)
		}
	}
	// Tasks of the same patients are drawn together: their mean is known better than each.
	if i := scores.MacroInterval; i == nil || i.Low >= *scores.MacroAUROC || i.High <= *scores.MacroAUROC || i.High-i.Low >= scores.Tasks["mor"].Interval.High-scores.Tasks["mor"].Interval.Low {
		t.Errorf("macro %v in %+v, mor in %+v", *scores.MacroAUROC, i, scores.Tasks["mor"].Interval)
	}
	if again := measure(t, "{seed: 2}", in).Variants["lora"]; *again.Tasks["mor"].Interval == *scores.Tasks["mor"].Interval || *again.MacroAUROC != *scores.MacroAUROC {
		t.Error("another seed draws the same, or moves what is measured")
	}
	none := measure(t, "{replicates: 0}", in)
	if mor := none.Variants["lora"].Tasks["mor"]; none.Interval != nil || mor.Interval != nil || mor.DeLong != nil || none.Variants["lora"].MacroInterval != nil || *mor.AUROC != *scores.Tasks["mor"].AUROC {
		t.Errorf("no replicates are asked for: %+v", mor)
	}
}

// Copies of a patient's admission add nothing that is known of other patients: DeLong's
// interval shrinks with them, that over patients stays.
func TestCopiesTellNothing(t *testing.T) {
	once := golden(t)[0].Rows("lora")
	var fourfold []task.Prediction
	for _, row := range once {
		for copy := range 4 {
			row.ExampleID = fmt.Sprint(row.SubjectID, "-", copy)
			fourfold = append(fourfold, row)
		}
	}
	one := measure(t, "{}", stages.Inputs{"predictions": {evaltest.Predictions(t, 2, once)}}).Variants["lora"].Tasks["mor"]
	four := measure(t, "{}", stages.Inputs{"predictions": {evaltest.Predictions(t, 2, fourfold)}}).Variants["lora"].Tasks["mor"]
	if *one.Interval != *four.Interval {
		t.Errorf("%+v of one copy, %+v of four", one.Interval, four.Interval)
	}
	width := func(i *Interval) float64 { return i.High - i.Low }
	if share := width(four.DeLong) / width(one.DeLong); math.Abs(share-0.5) > 0.01 {
		t.Errorf("DeLong's interval of four copies has %v of the width of one", share)
	}
}

// A patient alone on a side gives no interval: nobody else says how patients differ. The
// attack: hidden, that there is none would tell of the one.
func TestNoIntervalOfOnePatient(t *testing.T) {
	for _, positives := range []int{3, 12} {
		rows := golden(t)[0].Rows("lora")
		for i := range rows {
			rows[i].Label = 0
			if i < positives {
				rows[i].SubjectID, rows[i].Label = 0, 1
			}
		}
		in := stages.Inputs{"predictions": {evaltest.Predictions(t, 2, rows)}}
		shown := measure(t, "{small_cells: show}", in).Variants["lora"]
		if mor := shown.Tasks["mor"]; mor.AUROC == nil || mor.Interval != nil || shown.MacroInterval != nil {
			t.Errorf("%v in %+v", mor.AUROC, mor.Interval)
		}
		all := Interval{0, 1}
		if hidden := measure(t, "{}", in).Variants["lora"]; *hidden.Tasks["mor"].Interval != all || *hidden.MacroInterval != all {
			t.Errorf("hidden, it is %+v, macro %+v", hidden.Tasks["mor"].Interval, hidden.MacroInterval)
		}
		if none := measure(t, "{replicates: 0}", in).Variants["lora"]; none.Tasks["mor"].Interval != nil || none.MacroInterval != nil {
			t.Errorf("intervals that nobody asked for: %+v", none.Tasks["mor"].Interval)
		}
	}
}

// An AUROC of 1 has no interval, and says so itself.
func TestNoIntervalOfPerfectRanks(t *testing.T) {
	rows := evaltest.OfClasses("mor", 30, 20)
	for i := range rows {
		rows[i].Logits = []float32{0, float32(rows[i].Label)}
	}
	if s := measure(t, "{}", stages.Inputs{"predictions": {evaltest.Predictions(t, 2, rows)}}).Variants["lora"]; s.Tasks["mor"].Interval != nil || s.MacroInterval != nil {
		t.Errorf("%+v", s.Tasks["mor"].Interval)
	}
}
