package eval

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	streams "github.com/clinflow/clinflow/internal/measures/drawn"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval/evaltest"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// means are a measure's over classes.
type means struct{ Macro, Weighted, Micro float64 }

// measuredTask is what oracle/measures_golden.py makes of a task that both sides draw.
type measuredTask struct {
	Task, Kind       string
	Classes, Stream  int
	Slope, Threshold float64
	Intercepts       []float64
	AUROC, AUPRC     map[string]means
	Before, After    struct {
		Brier, ECE float64
		Mean       float64 `json:"mean_predicted"`
	}
	Half       Decisions  `json:"at_half"`
	Best       *Decisions `json:"at_threshold"`
	ClassAUPRC []*float64 `json:"class_auprc"`
}

func measuredTasks(t testing.TB) []measuredTask {
	t.Helper()
	var golden struct{ Tasks []measuredTask }
	data, err := os.ReadFile("testdata/measures.json")
	if err == nil {
		err = json.Unmarshal(data, &golden)
	}
	if err != nil {
		t.Fatal(err)
	}
	return golden.Tasks
}

// drawnRows is task_case of the oracle.
func (m measuredTask) drawnRows(split string, stream, n int) (rows []task.Prediction) {
	draw := streams.Of(stream)
	logits, u := draw.Some(n*m.Classes), draw.Some(n*m.Classes)
	for i := range n {
		row := task.Prediction{ExampleID: fmt.Sprint(split, i), SubjectID: int64(i), Task: m.Task, Variant: "lora", Split: split}
		best := math.Inf(-1)
		for k := range m.Classes {
			logit, u := float32((logits[i*m.Classes+k]-0.5)*6), u[i*m.Classes+k]
			row.Logits = append(row.Logits, logit)
			if m.Kind == string(task.Multilabel) {
				if k != 1 && u < 1/(1+math.Exp(-(0.7*float64(logit)-1.5))) {
					row.Labels = append(row.Labels, int32(k))
				}
				continue
			}
			if score := 0.6*float64(logit) - 0.4*float64(k) - math.Log(-math.Log(max(u, 1e-300))); score > best {
				best, row.Label = score, int32(k)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func (m measuredTask) predictions(t testing.TB) *dataset.Dataset {
	t.Helper()
	return evaltest.Predictions(t, 3, append(m.drawnRows("test", m.Stream, 400), m.drawnRows("val", m.Stream+1, 300)...))
}

// near says what of a value is not another one.
func near(t *testing.T, name string, got *float64, want float64) {
	t.Helper()
	if got == nil || !(math.Abs(*got-want) <= 1e-9) {
		t.Errorf("%s %v, want %v", name, show(got), want)
	}
}

func show(x *float64) string {
	text, _ := json.Marshal(x)
	return string(text)
}

// TestMeasuresEqualScikitLearn: through the stage, with what is fitted on val.
func TestMeasuresEqualScikitLearn(t *testing.T) {
	for _, want := range measuredTasks(t) {
		in := stages.Inputs{"predictions": {want.predictions(t)}}
		for _, recipe := range []string{"clinical", "paper"} {
			t.Run(want.Kind+"/"+recipe, func(t *testing.T) {
				out := stagetest.Run(t, "eval.auroc", "{small_cells: show, replicates: 0, recipe: "+recipe+"}", in)
				score := evaltest.Read[Metrics](t, out, MetricsName).Variants["lora"].Tasks[want.Task]
				near(t, "average precision", score.AUPRC, want.AUPRC[recipe].Macro)
				if want.Kind != string(task.Binary) {
					for name, pair := range map[string]struct {
						got  *float64
						want float64
					}{
						"micro AUROC": {score.MicroAUROC, want.AUROC[recipe].Micro}, "weighted AUROC": {score.WeightedAUROC, want.AUROC[recipe].Weighted},
						"micro AUPRC": {score.MicroAUPRC, want.AUPRC[recipe].Micro}, "weighted AUPRC": {score.WeightedAUPRC, want.AUPRC[recipe].Weighted},
					} {
						near(t, name, pair.got, pair.want)
					}
				}
				want.compareFitted(t, score)
				classes := evaltest.Read[Classes](t, out, ClassesName).Variants["lora"][want.Task]
				if recipe == "clinical" {
					want.compareClasses(t, classes)
				}
			})
		}
	}
}

func (m measuredTask) compareFitted(t *testing.T, score TaskScore) {
	t.Helper()
	c := score.Calibration
	if c == nil || c.N != 300 || len(c.Intercepts) != len(m.Intercepts) {
		t.Fatalf("calibration %+v", c)
	}
	near(t, "slope", &c.Slope, m.Slope)
	for k, want := range m.Intercepts {
		near(t, "intercept", &c.Intercepts[k], want)
	}
	for _, p := range []struct {
		got  Probabilities
		want struct {
			Brier, ECE float64
			Mean       float64 `json:"mean_predicted"`
		}
	}{{*score.Probabilities, m.Before}, {c.After, m.After}} {
		near(t, "Brier score", &p.got.Brier, p.want.Brier)
		near(t, "calibration error", &p.got.ECE, p.want.ECE)
		if m.Kind != string(task.Multiclass) {
			near(t, "mean", p.got.MeanPredicted, p.want.Mean)
		}
	}
	m.Half.compare(t, score.AtHalf)
	if m.Best == nil {
		if score.AtThreshold != nil {
			t.Error("a multiclass task has a threshold")
		}
		return
	}
	m.Best.compare(t, score.AtThreshold)
	near(t, "threshold", score.AtThreshold.Threshold, m.Threshold)
}

func (d Decisions) compare(t *testing.T, got *Decisions) {
	t.Helper()
	if got == nil {
		t.Fatal("no decisions")
	}
	for i, pair := range [][2]*float64{{got.F1, d.F1}, {got.F1Micro, d.F1Micro}, {got.F1Macro, d.F1Macro}, {got.Precision, d.Precision}, {got.Sensitivity, d.Sensitivity}, {got.Specificity, d.Specificity}} {
		if pair[1] == nil && pair[0] == nil {
			continue
		}
		near(t, fmt.Sprint("decision ", i), pair[0], *pair[1])
	}
}

func (m measuredTask) compareClasses(t *testing.T, classes []ClassScore) {
	t.Helper()
	if len(classes) != len(m.ClassAUPRC) {
		t.Fatalf("%d classes, want %d", len(classes), len(m.ClassAUPRC))
	}
	for k, want := range m.ClassAUPRC {
		if want == nil {
			if classes[k].AUPRC != nil || classes[k].AUROC != nil || classes[k].Positives != 0 {
				t.Errorf("a class that none has: %+v", classes[k])
			}
			continue
		}
		near(t, "average precision of a class", classes[k].AUPRC, *want)
	}
}

// read is a file of a dataset.

// TestNothingIsFitted where there is no val, val is what is measured, it is asked for, or
// val has too few of a class.
func TestNothingIsFitted(t *testing.T) {
	m := measuredTasks(t)[0]
	test, val := m.drawnRows("test", m.Stream, 400), m.drawnRows("val", m.Stream+1, 300)
	few := m.drawnRows("val", m.Stream+1, 300)
	positives := 0
	for i := range few {
		if positives += int(few[i].Label); positives >= smallcell.Limit {
			few[i].Label = 0
		}
	}
	for name, c := range map[string]struct {
		config string
		rows   []task.Prediction
		fitted bool
	}{
		"val":         {"{}", append(test[:400:400], val...), true},
		"no val":      {"{}", test, false},
		"val itself":  {"{split: val}", append(test[:400:400], val...), false},
		"not asked":   {"{fit: none}", append(test[:400:400], val...), false},
		"too few":     {"{}", append(test[:400:400], few...), false},
		"too few (!)": {"{small_cells: show}", append(test[:400:400], few...), false},
	} {
		score := measure(t, c.config, stages.Inputs{"predictions": {evaltest.Predictions(t, 2, c.rows)}}).Variants["lora"].Tasks["mor"]
		if (score.Calibration != nil) != c.fitted || (score.AtThreshold != nil) != c.fitted || score.Probabilities == nil || score.AtHalf == nil {
			t.Errorf("%s: calibration %v, threshold %v, probabilities %v", name, score.Calibration, score.AtThreshold, score.Probabilities)
		}
	}
	alone := stages.Inputs{"predictions": {evaltest.Predictions(t, 2, val)}}
	if _, err := stagetest.Try(t, "eval.auroc", "{}", alone); exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), "no example of split test") {
		t.Errorf("val alone: %v", err)
	}
	val[7].Logits[0] = float32(math.NaN())
	broken := stages.Inputs{"predictions": {evaltest.Predictions(t, 1, append(test[:400:400], val...))}}
	if _, err := stagetest.Try(t, "eval.auroc", "{}", broken); exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), "1 of 700 examples") {
		t.Errorf("NaN on val: %v", err)
	}
}

// TestCalibrationMendsClassWeights: what weights of classes in training shift, a log of
// their ratio, the intercept shifts back.
func TestCalibrationMendsClassWeights(t *testing.T) {
	draw := streams.Of(40000)
	var rows []task.Prediction
	for i := range 6000 {
		logit := 3*draw.Next() - 3 // of the event, whose chance is 0.2
		row := task.Prediction{SubjectID: int64(i), Task: "mor", Variant: "lora", Split: []string{"val", "test"}[i%2], Logits: []float32{0, float32(logit + math.Log(4))}}
		if draw.Next() < 1/(1+math.Exp(-logit)) {
			row.Label = 1
		}
		rows = append(rows, row)
	}
	score := measure(t, "{replicates: 0}", stages.Inputs{"predictions": {evaltest.Predictions(t, 2, rows)}}).Variants["lora"].Tasks["mor"]
	before, after := *score.Probabilities, score.Calibration.After
	if *before.MeanPredicted-*score.Prevalence < 0.2 || math.Abs(*after.MeanPredicted-*score.Prevalence) > 0.02 || after.ECE > before.ECE/4 || after.Brier >= before.Brier {
		t.Errorf("before %v at %v, ECE %v; after %v, ECE %v", *before.MeanPredicted, *score.Prevalence, before.ECE, *after.MeanPredicted, after.ECE)
	}
	if math.Abs(score.Calibration.Intercepts[0]+math.Log(4)) > 0.15 || math.Abs(score.Calibration.Slope-1) > 0.1 {
		t.Errorf("slope %v, intercept %v", score.Calibration.Slope, score.Calibration.Intercepts)
	}
}
