package eval

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval/evaltest"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

func golden(t testing.TB) []evaltest.Case { return evaltest.Golden(t, "testdata/predictions.json") }

func measure(t testing.TB, config string, in stages.Inputs) Metrics {
	t.Helper()
	var m Metrics
	if err := json.Unmarshal([]byte(evaltest.File(t, stagetest.Run(t, "eval.auroc", config, in), MetricsName)), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAUROCEqualsScikitLearn(t *testing.T) {
	cases := golden(t)
	var rows []task.Prediction
	for _, c := range cases {
		rows = append(rows, c.Rows("lora")...)
	}
	same := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-12 })
	metrics := measure(t, "{recipe: paper, replicates: 0}", stages.Inputs{"predictions": evaltest.ByTask(t, 3, rows)})
	scores := metrics.Variants["lora"]
	var sum float64
	for _, c := range cases {
		want := TaskScore{N: smallcell.Count(c.N), Positives: smallcell.Count(c.Positives), Patients: smallcell.Count(c.N), ClassesUsed: c.Used, ClassesSkipped: c.Skipped, AUROC: &c.AUROC}
		switch c.Task {
		case "los":
			want.Measure, want.ClassCounts = auroc.MeasureOvO, smallcell.Parts(c.ClassCounts)
			want.AUROC, want.OneVsOne, want.OneVsRest = &c.OvO, &c.OvO, &c.OvR
		case "diag":
			want.Measure = auroc.MeasureSoftmax
			want.AUROC, want.Softmax, want.Sigmoid = &c.Softmax, &c.Softmax, &c.Sigmoid
		}
		beside := cmpopts.IgnoreFields(TaskScore{}, "MicroAUROC", "WeightedAUROC", "AUPRC", "MicroAUPRC", "WeightedAUPRC", "Prevalence", "Probabilities", "AtHalf")
		if diff := cmp.Diff(want, scores.Tasks[c.Task], same, beside); diff != "" {
			t.Errorf("%s: %s", c.Task, diff)
		}
		of := evaltest.TaskOf(c.Task, len(c.Logits[0]))
		told := Task{Kind: of.Kind, NumLabels: len(c.Logits[0]), Labels: of.Labels, Recipe: "clinical", Split: "hash", Release: "synthetic"}
		if c.Task == "diag" {
			told.Labels = nil
		}
		if diff := cmp.Diff(told, metrics.Tasks[c.Task]); diff != "" {
			t.Errorf("%s is told as %s", c.Task, diff)
		}
		sum += *want.AUROC
	}
	if macro := sum / float64(len(cases)); math.Abs(*scores.MacroAUROC-macro) > 1e-12 || scores.TasksAveraged != len(cases) {
		t.Errorf("macro %v of %d tasks, want %v of %d", *scores.MacroAUROC, scores.TasksAveraged, macro, len(cases))
	}
	other := measure(t, "{}", stages.Inputs{"predictions": evaltest.ByTask(t, 3, rows)}).Variants["lora"].Tasks
	if *other["los"].AUROC != *scores.Tasks["los"].OneVsRest || *other["diag"].AUROC != *scores.Tasks["diag"].Sigmoid {
		t.Error("the configuration does not choose what counts")
	}
}

var allFiles = []string{MetricsName, CurvesName, ClassesName, ReliabilityName}

// halfVal are predictions every other one of which is of val.
func halfVal(rows []task.Prediction) []task.Prediction {
	for i := range rows {
		if i%2 == 0 {
			rows[i].Split = "val"
		}
	}
	return rows
}

// TestAUROCOfAnyParts: neither parts nor the split of variants over datasets shows.
func TestAUROCOfAnyParts(t *testing.T) {
	cases := golden(t)
	var all, other []task.Prediction
	var each, eachOther []*dataset.Dataset
	for _, c := range cases {
		head, lora := halfVal(c.Rows("head")), halfVal(c.Rows("lora"))
		all = append(all, append(slices.Clone(head), lora...)...)
		each = append(each, evaltest.Predictions(t, 7, head), evaltest.Predictions(t, 7, lora))
		ignored := halfVal(c.Rows("ignored"))
		other = append(other, ignored...)
		eachOther = append(eachOther, evaltest.Predictions(t, 7, ignored))
	}
	one := stagetest.Run(t, "eval.auroc", "{}", stages.Inputs{"predictions": evaltest.ByTask(t, 1, all), "baseline": evaltest.ByTask(t, 1, other), "known_best": evaltest.ByTask(t, 1, other)})
	many := stagetest.Run(t, "eval.auroc", "{}", stages.Inputs{"predictions": each, "baseline": eachOther, "known_best": evaltest.ByTask(t, 7, other)})
	for _, name := range allFiles {
		if diff := cmp.Diff(evaltest.File(t, one, name), evaltest.File(t, many, name)); diff != "" {
			t.Errorf("%s differs: %s", name, diff)
		}
	}
	var m Metrics
	if err := json.Unmarshal([]byte(evaltest.File(t, one, MetricsName)), &m); err != nil {
		t.Fatal(err)
	}
	for name, scores := range map[string]*Scores{"baseline": m.Baseline, "known best": m.KnownBest} {
		if diff := cmp.Diff(m.Variants["head"], scores); diff != "" {
			t.Errorf("the %s of the same logits differs: %s", name, diff)
		}
	}
	var c Curves
	if err := json.Unmarshal([]byte(evaltest.File(t, one, CurvesName)), &c); err != nil {
		t.Fatal(err)
	}
	if len(m.Variants) != 2 || len(c.Variants) != 2 || cmp.Diff(c.Variants["head"], c.Baseline) != "" || cmp.Diff(c.Baseline, c.KnownBest) != "" {
		t.Error("variants and curves hold more than the variants, or other curves of the same logits")
	}
}

func TestAUROCTakesTheSplit(t *testing.T) {
	rows := golden(t)[0].Rows("lora")
	for i := range rows[:100] {
		rows[i].Split = "val"
	}
	in := stages.Inputs{"predictions": {evaltest.Predictions(t, 2, rows)}}
	if n := measure(t, "{}", in).Variants["lora"].Tasks["mor"].N; n != smallcell.Count(len(rows)-100) {
		t.Errorf("%d examples of test", n)
	}
	if n := measure(t, "{split: val}", in).Variants["lora"].Tasks["mor"].N; n != 100 {
		t.Errorf("%d examples of val", n)
	}
}

func TestAUROCOfOneClassIsNull(t *testing.T) {
	rows := golden(t)[0].Rows("lora")
	for i := range rows {
		rows[i].Label = 0
	}
	scores := measure(t, "{}", stages.Inputs{"predictions": {evaltest.Predictions(t, 1, rows)}}).Variants["lora"]
	mor := scores.Tasks["mor"]
	if mor.AUROC != nil || scores.MacroAUROC != nil || mor.ClassesUsed != 0 || mor.ClassesSkipped != 1 || scores.TasksAveraged != 0 {
		t.Errorf("examples of one class have an AUROC: %+v", mor)
	}
}

func TestAUROCRefuses(t *testing.T) {
	nan := float32(math.NaN())
	for name, c := range map[string]struct {
		change func([]task.Prediction)
		code   exit.Code
		says   string
	}{
		"NaN":             {func(r []task.Prediction) { r[5].Logits = []float32{nan, 0}; r[6].Logits = []float32{0, nan} }, exit.BadData, "2 of 300 examples"},
		"infinite":        {func(r []task.Prediction) { r[5].Logits = []float32{float32(math.Inf(1)), 0} }, exit.BadData, "1 of 300 examples"},
		"label outside":   {func(r []task.Prediction) { r[5].Label = 2 }, exit.BadData, "label"},
		"no label":        {func(r []task.Prediction) { r[5].Label = -1 }, exit.BadData, "label"},
		"other classes":   {func(r []task.Prediction) { r[5].Logits = []float32{1, 2, 3} }, exit.BadData, "number of logits"},
		"nothing to test": {func(r []task.Prediction) { clear(r) }, exit.BadData, "no example of split test"},
		"bad name":        {func(r []task.Prediction) { r[5].Variant = "a/b" }, exit.Usage, "names of variants"},
		"another task":    {func(r []task.Prediction) { r[5].Task = "pmv" }, exit.BadData, "not of the task mor"},
	} {
		rows := golden(t)[0].Rows("lora")
		c.change(rows)
		_, err := stagetest.Try(t, "eval.auroc", "{}", stages.Inputs{"predictions": {evaltest.PredictionsOf(t, 1, evaltest.TaskOf("mor", 2), rows)}})
		if exit.Of(err) != c.code || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want code %d saying %q", name, err, c.code, c.says)
		}
	}
	once, again := evaltest.Predictions(t, 1, golden(t)[0].Rows("lora")), evaltest.Predictions(t, 1, golden(t)[0].Rows("other"))
	for name, in := range map[string]stages.Inputs{
		"a variant":     {"predictions": {once, once}},
		"a baseline":    {"predictions": {once}, "baseline": {once, again}},
		"the best of a": {"predictions": {once}, "known_best": {once, again}},
	} {
		if _, err := stagetest.Try(t, "eval.auroc", "{}", in); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "two datasets") {
			t.Errorf("%s task from two datasets: error %v", name, err)
		}
	}
}

// TestAUROCTakesTheTaskFromTheManifest: what is not told is not guessed, and what
// differs is not compared.
func TestAUROCTakesTheTaskFromTheManifest(t *testing.T) {
	rows := golden(t)[0].Rows("lora")
	binary := evaltest.TaskOf("mor", 2)
	another := binary
	another.Labels = []string{"yes", "no"}
	for name, c := range map[string]struct {
		in   stages.Inputs
		code exit.Code
		says string
	}{
		"no task":      {stages.Inputs{"predictions": {evaltest.PredictionsOf(t, 1, task.Task{}, rows)}}, exit.BadData, "tells no task"},
		"no labels":    {stages.Inputs{"predictions": {evaltest.PredictionsOf(t, 1, task.Task{Name: "mor", Kind: task.LanguageModeling}, rows)}}, exit.BadData, "has no labels"},
		"bad name":     {stages.Inputs{"predictions": {evaltest.PredictionsOf(t, 1, task.Task{Name: "a/b", Kind: task.Binary, Labels: binary.Labels}, rows)}}, exit.Usage, "names of variants and tasks"},
		"other labels": {stages.Inputs{"predictions": {evaltest.PredictionsOf(t, 1, binary, rows)}, "baseline": {evaltest.PredictionsOf(t, 1, another, rows)}}, exit.BadData, "of the task mor, with other labels"},
	} {
		if _, err := stagetest.Try(t, "eval.auroc", "{}", c.in); exit.Of(err) != c.code || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want code %d saying %q", name, err, c.code, c.says)
		}
	}
	// The same rows as a multilabel task are measured as one: no name decides.
	sets := evaltest.PredictionsOf(t, 1, task.Task{Name: "mor", Kind: task.Multilabel, Labels: binary.Labels}, rows)
	if m := measure(t, "{}", stages.Inputs{"predictions": {sets}}); m.Variants["lora"].Tasks["mor"].Measure != auroc.MeasureSigmoid || m.Tasks["mor"].Kind != task.Multilabel {
		t.Errorf("measured as %+v", m.Tasks["mor"])
	}
}

func TestCurvesHoldNoIDs(t *testing.T) {
	rows := golden(t)[0].Rows("lora")
	out := stagetest.Run(t, "eval.auroc", "{}", stages.Inputs{"predictions": {evaltest.Predictions(t, 2, rows)}})
	var c Curves
	if err := json.Unmarshal([]byte(evaltest.File(t, out, CurvesName)), &c); err != nil {
		t.Fatal(err)
	}
	points := c.Variants["lora"]["mor"]
	var area float64
	for i := 1; i < len(points); i++ {
		area += (points[i].FPR - points[i-1].FPR) * (points[i].TPR + points[i-1].TPR) / 2
	}
	if want := golden(t)[0].AUROC; math.Abs(area-want) > 2e-3 || len(points) > curvePoints+1 {
		t.Errorf("%d points with area %v, AUROC is %v", len(points), area, want)
	}
}

// The golden digest was written by version 9 of the stage: where it moves, raise
// the stage's version and write the new one.
const goldenAUROC = "e128734cad6ff09240d7517a05ce49a1c066554c863fc38085f6dbab93aa3fc8"

func TestGoldenDigest(t *testing.T) {
	metrics := evaltest.Measured(t, golden(t))
	sum := sha256.Sum256([]byte(evaltest.File(t, metrics, MetricsName)))
	if got := hex.EncodeToString(sum[:]); got != goldenAUROC || metrics.Manifest.StageVersion != 9 {
		t.Errorf("digest %s of version %d", got, metrics.Manifest.StageVersion)
	}
}

// BenchmarkDiagnoses runs the whole stage over 9,829 documents and 1,266 labels.
func BenchmarkDiagnoses(b *testing.B) {
	rows := make([]task.Prediction, 9829)
	state := uint32(1)
	for i := range rows {
		rows[i] = task.Prediction{SubjectID: int64(i), Task: "diag", Variant: "lora", Split: "test", Logits: make([]float32, 1266)}
		for k := range rows[i].Logits {
			state = state*1664525 + 1013904223
			rows[i].Logits[k] = float32(state>>8) / 1e6
			if state>>25 == 0 {
				rows[i].Labels = append(rows[i].Labels, int32(k))
			}
		}
	}
	d := evaltest.Predictions(b, 8, rows)
	for b.Loop() {
		stagetest.Run(b, "eval.auroc", "{}", stages.Inputs{"predictions": {d}})
	}
}

// TestSelectionMeasuresWhatIsReported: what training selects an epoch by is the same
// number, to the last bit, by whichever measure.
func TestSelectionMeasuresWhatIsReported(t *testing.T) {
	for _, recipe := range []string{"clinical", auroc.RecipePaper} {
		m, config := auroc.MeasuresOf(recipe), fmt.Sprintf("{recipe: %s}", recipe)
		for _, c := range golden(t) {
			rows := c.Rows("lora")
			reported := measure(t, config, stages.Inputs{"predictions": {evaltest.Predictions(t, 3, rows)}}).Variants["lora"].Tasks[c.Task]
			logits, labels := make([][]float32, len(rows)), make([]int32, len(rows))
			for i, row := range rows {
				logits[i], labels[i] = row.Logits, row.Label
			}
			selected, err := m.OfClasses(logits, labels)
			if c.Task == "diag" {
				selected, err = m.OfSets(logits, func(i, label int) bool { return slices.Contains(rows[i].Labels, int32(label)) })
			}
			if err != nil || selected.Value != *reported.AUROC || selected.Used != reported.ClassesUsed || selected.Skipped != reported.ClassesSkipped {
				t.Errorf("%s by %s: selected by %+v, %v; reported %v of %d classes", c.Task, config, selected, err, *reported.AUROC, reported.ClassesUsed)
			}
		}
	}
}
