package eval

import (
	"testing"

	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval/evaltest"
	"github.com/clinflow/clinflow/stages/stagetest"
)

// The attack: who knows that length of stay is of those who did not die takes its examples,
// or its patients, from those of another task, and has the deaths that are hidden.
func TestNoTaskTellsOfAnother(t *testing.T) {
	for deaths, follows := range map[int]bool{0: false, 1: true, 9: true, 10: false} {
		in := stages.Inputs{"predictions": evaltest.ByTask(t, 2, evaltest.Lacking(deaths))}
		few := func(config string) (n, patients bool) {
			tasks := measure(t, config, in).Variants["lora"].Tasks
			for _, a := range tasks {
				for _, b := range tasks {
					n = n || !a.N.Hidden() && !b.N.Hidden() && smallcell.FewApart(a.N, b.N)
					patients = patients || !a.Patients.Hidden() && !b.Patients.Hidden() && smallcell.FewApart(a.Patients, b.Patients)
				}
			}
			return n, patients
		}
		if n, patients := few("{replicates: 0, small_cells: show}"); n != follows || patients != follows {
			t.Errorf("%d deaths, shown: they follow from examples: %v, from patients: %v", deaths, n, patients)
		}
		if n, patients := few("{replicates: 0}"); n || patients {
			t.Errorf("%d deaths follow from examples: %v, from patients: %v", deaths, n, patients)
		}
	}
}

// What would tell how many examples a task has that must not tell it is hidden too, in all
// files; the others stay as they are.
func TestATaskThatTellsNoSize(t *testing.T) {
	out := stagetest.Run(t, "eval.auroc", "{}", stages.Inputs{"predictions": evaltest.ByTask(t, 2, evaltest.Lacking(9))})
	tasks := evaltest.Read[Metrics](t, out, MetricsName).Variants["lora"].Tasks
	los := tasks["los"]
	counts := append([]smallcell.Count{los.N, los.Patients, los.Positives}, los.ClassCounts...)
	for _, c := range evaltest.Read[Classes](t, out, ClassesName).Variants["lora"]["los"] {
		counts = append(counts, c.Positives)
		if !c.SmallCells || c.AUPRC != nil || c.MeanPredicted != nil {
			t.Errorf("a class is told as %+v", c)
		}
	}
	for _, c := range counts {
		if c != smallcell.Above {
			t.Errorf("%v of %+v are told", counts, los)
			break
		}
	}
	digits := Coarse(111)
	if !los.SmallCells || *los.AUROC != digits(*los.AUROC) || los.Interval.Low != digits(los.Interval.Low) || los.Probabilities != nil || los.AtHalf != nil {
		t.Errorf("%+v", los)
	}
	if len(evaltest.Read[Curves](t, out, CurvesName).Variants["lora"]["los"]) > 0 || len(evaltest.Read[Reliability](t, out, ReliabilityName).Variants["lora"]["los"]) > 0 {
		t.Error("its curves are told")
	}
	if tasks["diag"].N != 120 || tasks["mor"].N != 120 || tasks["diag"].SmallCells {
		t.Errorf("others: %+v", tasks["diag"])
	}
}
