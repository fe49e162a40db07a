package compare

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/memory"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/eval/evaltest"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

func cases(t testing.TB) []evaltest.Case { return evaltest.Golden(t, "../testdata/predictions.json") }

func compared(t testing.TB, config string, in stages.Inputs) Comparisons {
	t.Helper()
	return comparisonsIn(t, stagetest.Run(t, "eval.compare", config, in))
}

func comparisonsIn(t testing.TB, d *dataset.Dataset) (c Comparisons) {
	t.Helper()
	if err := json.Unmarshal([]byte(evaltest.File(t, d, FileName)), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// worse are the predictions of a variant whose logits have noise.
func worse(rows []task.Prediction, variant string, noise float64) []task.Prediction {
	rows = slices.Clone(rows)
	for i := range rows {
		rows[i].Variant, rows[i].Logits = variant, slices.Clone(rows[i].Logits)
		for k := range rows[i].Logits {
			rows[i].Logits[k] += float32(noise * math.Sin(float64((i+1)*(k+3))))
		}
	}
	return rows
}

// Each pair is told once, its difference is that of the AUROCs that eval.auroc tells, in
// the mean over tasks too, and what is corrected is not smaller.
func TestComparisonsOfAllTasks(t *testing.T) {
	good := evaltest.AllCases(cases(t), "lora", 2)
	in := stages.Inputs{
		"predictions": evaltest.ByTask(t, 3, append(slices.Clone(good), worse(good, "head", 1)...)),
		"baseline":    evaltest.ByTask(t, 3, worse(good, "bag", 9)),
	}
	told := compared(t, "{permutations: 500}", in)
	m := evaltest.Read[eval.Metrics](t, stagetest.Run(t, "eval.auroc", "{}", in), eval.MetricsName)
	auroc := func(name, task string) float64 {
		scores := m.Variants[name]
		if name == "baseline" {
			scores = m.Baseline
		}
		if task == "" {
			return *scores.MacroAUROC
		}
		return *scores.Tasks[task].AUROC
	}
	families := map[string][]Comparison{"": told.Macro}
	for name, family := range told.Tasks {
		families[name] = family
	}
	if len(families) != 4 {
		t.Errorf("%d families", len(families))
	}
	for name, family := range families {
		var pairs []string
		for _, c := range family {
			pairs = append(pairs, c.A+" "+c.Against+" "+c.B)
			if want := auroc(c.A, name) - auroc(c.B, name); math.Abs(c.Difference-want) > 1e-12 {
				t.Errorf("%s: %s and %s differ by %v, want %v", name, c.A, c.B, c.Difference, want)
			}
			if c.Interval.Low >= c.Difference || c.Interval.High <= c.Difference || *c.PHolm < *c.PPermutation || c.Patients != 150 || name == "" && c.Tasks != 3 {
				t.Errorf("%s: %+v", name, c)
			}
		}
		if diff := cmp.Diff([]string{"head variant lora", "head baseline baseline", "lora baseline baseline"}, pairs); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if last := told.Macro[2]; *last.PHolm > 0.05 || last.Interval.Low < 0 {
		t.Errorf("noise is not told from its absence: %+v", last)
	}
}

// Neither how parts are cut, nor in which dataset a variant lies, nor memory shows.
func TestComparisonsOfAnyParts(t *testing.T) {
	rows := evaltest.AllCases(cases(t), "lora", 2)
	noisy := worse(rows, "head", 2)
	one := stagetest.Run(t, "eval.compare", "{permutations: 200}", stages.Inputs{"predictions": evaltest.ByTask(t, 1, append(slices.Clone(rows), noisy...))})
	apart := stages.Inputs{"predictions": append(evaltest.ByTask(t, 7, noisy), evaltest.ByTask(t, 2, rows)...)}
	for _, bytes := range []int64{1, 1 << 30} {
		env := stages.Default.With(func(s *stages.Settings) { s.Memory = memory.New(bytes) })
		many, err := stagetest.TryIn(t, env, "eval.compare", "{permutations: 200}", apart)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(evaltest.File(t, one, FileName), evaltest.File(t, many, FileName)); diff != "" {
			t.Errorf("%d bytes: %s", bytes, diff)
		}
	}
}

// otherRun is the key that names the predictions of another run.
func otherRun(all ...*dataset.Dataset) string {
	var uris []string
	for _, d := range all {
		uris = append(uris, d.URI())
	}
	return "other_run: [" + strings.Join(uris, ", ") + "]"
}

// Two runs are compared variant by variant; a model and itself do not differ.
func TestComparisonsOfTwoRuns(t *testing.T) {
	rows := evaltest.AllCases(cases(t), "lora", 2)
	in := stages.Inputs{"predictions": evaltest.ByTask(t, 2, append(slices.Clone(rows), worse(rows, "head", 1)...))}
	other := evaltest.ByTask(t, 3, append(slices.Clone(rows), worse(rows, "head", 3)...))
	for name, family := range compared(t, "{permutations: 200, "+otherRun(other...)+"}", in).Tasks {
		if len(family) != 3 || family[1].Against != AgainstOther || family[1].A != "head" || family[1].B != "head" || family[2].A != "lora" {
			t.Fatalf("%s: %+v", name, family)
		}
		if same := family[2]; same.Difference != 0 || same.Interval != nil || *same.PPermutation != 1 || *same.PHolm != 1 {
			t.Errorf("%s: a model and itself: %+v", name, same)
		}
	}
}

// A family's figures have few digits where few examples are on a side, and so have the
// means that it is part of, from which it would follow.
func TestComparisonsOfSmallCells(t *testing.T) {
	few, many := evaltest.OfClasses("mor", 30, 4), evaltest.OfClasses("pmv", 40, 20)
	rows := append(append(slices.Clone(few), worse(few, "head", 2)...), append(slices.Clone(many), worse(many, "head", 2)...)...)
	in := stages.Inputs{"predictions": evaltest.ByTask(t, 2, rows)}
	told, shown := compared(t, "{permutations: 300}", in), compared(t, "{permutations: 300, small_cells: show}", in)
	for name, c := range map[string][2]Comparison{"mor": {told.Tasks["mor"][0], shown.Tasks["mor"][0]}, "mean": {told.Macro[0], shown.Macro[0]}} {
		hidden, exact := c[0], c[1]
		for what, v := range map[string][2]float64{
			"difference": {hidden.Difference, exact.Difference}, "low": {hidden.Interval.Low, exact.Interval.Low}, "high": {hidden.Interval.High, exact.Interval.High},
		} {
			if v[0] != math.Round(10*v[1])/10 {
				t.Errorf("%s: %s is %v, exactly %v", name, what, v[0], v[1])
			}
		}
		if !hidden.SmallCells || *hidden.PPermutation < *exact.PPermutation || *hidden.PPermutation != math.Ceil(100**exact.PPermutation)/100 {
			t.Errorf("%s: %+v", name, hidden)
		}
	}
	if diff := cmp.Diff(shown.Tasks["pmv"], told.Tasks["pmv"]); diff != "" {
		t.Error(diff)
	}
}

// The attack: examples, which eval.auroc tells, less patients are the admissions of those who
// came again, of a task and of the mean.
func TestComparisonsOfPatientsWhoCameAgain(t *testing.T) {
	for again, want := range map[int]smallcell.Count{0: 60, 1: smallcell.Above, 9: smallcell.Above, 10: 50} {
		rows := evaltest.CameAgain(evaltest.OfClasses("mor", 40, 20), again)
		in := stages.Inputs{"predictions": {evaltest.Predictions(t, 2, append(rows, worse(rows, "head", 1)...))}}
		c := compared(t, "{permutations: 9, replicates: 0}", in)
		if c.Tasks["mor"][0].Patients != want || c.Macro[0].Patients != want {
			t.Errorf("%d came again, patients compared are %s, macro %s", again, c.Tasks["mor"][0].Patients, c.Macro[0].Patients)
		}
	}
}

// The attack: patients of a task less those of another are those who lack its outcome, of
// the mean's too.
func TestComparisonsOfTasksThatAreAlike(t *testing.T) {
	rows := evaltest.Lacking(9)
	in := stages.Inputs{"predictions": evaltest.ByTask(t, 2, append(rows, worse(rows, "head", 1)...))}
	few := func(config string) (apart bool) {
		c := compared(t, config, in)
		told := []smallcell.Count{c.Macro[0].Patients}
		for _, family := range c.Tasks {
			told = append(told, family[0].Patients)
		}
		for _, a := range told {
			for _, b := range told {
				apart = apart || !a.Hidden() && !b.Hidden() && smallcell.FewApart(a, b)
			}
		}
		return apart
	}
	if !few("{permutations: 9, replicates: 0, small_cells: show}") || few("{permutations: 9, replicates: 0}") {
		t.Error("patients of one task and not of another follow, or would not where they are shown")
	}
	if c := compared(t, "{permutations: 9}", in).Tasks["los"][0]; !c.SmallCells || c.Difference != eval.Coarse(111)(c.Difference) {
		t.Errorf("the size of a task that does not tell it follows from the digits of %+v", c)
	}
}

// The attack: a missing interval tells that all examples on a side, be they few or not, are
// of one patient.
func TestComparisonsOfOnePatientOnASide(t *testing.T) {
	for _, positives := range []int{3, 12} {
		rows := evaltest.OfClasses("mor", 60, positives)
		for i := range rows[60:] {
			rows[60+i].SubjectID, rows[60+i].ExampleID = 60, strconv.Itoa(i)
		}
		in := stages.Inputs{"predictions": {evaltest.Predictions(t, 2, append(rows, worse(rows, "head", 2)...))}}
		if c := compared(t, "{permutations: 100, small_cells: show}", in).Macro[0]; c.Interval != nil || c.PBootstrap != nil {
			t.Errorf("%d positives, shown: %+v", positives, c)
		}
		if c := compared(t, "{permutations: 100}", in).Macro[0]; *c.Interval != (eval.Interval{Low: -1, High: 1}) || *c.PBootstrap != 1 {
			t.Errorf("%d positives, hidden: %+v", positives, c)
		}
		if c := compared(t, "{permutations: 100, replicates: 0}", in).Macro[0]; c.Interval != nil {
			t.Errorf("an interval that nobody asked for: %+v", c)
		}
	}
}

// A task without an AUROC has no comparisons, and does not enter the mean.
func TestComparisonsOfOneClass(t *testing.T) {
	one, two := evaltest.OfClasses("mor", 30, 0), evaltest.OfClasses("pmv", 40, 20)
	for i := range one {
		one[i].Logits = []float32{0, float32(i)}
	}
	rows := append(append(slices.Clone(one), worse(one, "head", 2)...), append(slices.Clone(two), worse(two, "head", 2)...)...)
	told := compared(t, "{permutations: 300}", stages.Inputs{"predictions": evaltest.ByTask(t, 2, rows)})
	if len(told.Tasks["mor"]) != 0 || len(told.Macro) != 1 || told.Macro[0].Tasks != 1 || told.Macro[0].Difference != told.Tasks["pmv"][0].Difference {
		t.Errorf("%+v", told)
	}
}

func TestCompareRefuses(t *testing.T) {
	rows := cases(t)[0].Rows("lora")
	for name, c := range map[string]struct {
		change func([]task.Prediction)
		says   string
	}{
		"another patient": {func(r []task.Prediction) { r[3].SubjectID = 1 << 40 }, "same examples of the same patients"},
		"another example": {func(r []task.Prediction) { r[3].ExampleID = "zqcanary" }, "same examples of the same patients"},
		"fewer examples":  {func(r []task.Prediction) { r[3].Split = "val" }, "same examples of the same patients"},
		"another label":   {func(r []task.Prediction) { r[3].Label = 1 - r[3].Label }, "other labels of the same examples"},
		"one twice":       {func(r []task.Prediction) { r[3].SubjectID, r[3].ExampleID = r[4].SubjectID, r[4].ExampleID }, "twice"},
	} {
		other := worse(rows, "head", 1)
		c.change(other)
		_, err := stagetest.Try(t, "eval.compare", "{}", stages.Inputs{"predictions": {evaltest.Predictions(t, 2, other), evaltest.Predictions(t, 2, rows)}})
		if exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "variant head") || !strings.Contains(err.Error(), "mor") || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	diagnoses, none := cases(t)[2].Rows("lora"), worse(cases(t)[2].Rows("lora"), "lora", 1)
	none[3].Labels = nil
	damaged := evaltest.Predictions(t, 1, diagnoses)
	parts, err := filepath.Glob(filepath.Join(damaged.URI(), task.TablePredictions, "*"))
	if err != nil || len(parts) != 1 || os.Truncate(parts[0], 100) != nil {
		t.Fatal(parts, err)
	}
	for name, c := range map[string]struct {
		other *dataset.Dataset
		code  exit.Code
		says  string
	}{
		"another set of labels": {evaltest.Predictions(t, 3, none), exit.BadData, "variant lora of the other run"},
		"no counterpart":        {evaltest.Predictions(t, 3, worse(diagnoses, "head", 1)), exit.Usage, "no variant of its name"},
		"damaged":               {damaged, exit.BadData, "other_run"},
	} {
		_, err := stagetest.Try(t, "eval.compare", "{"+otherRun(c.other)+"}", stages.Inputs{"predictions": {evaltest.Predictions(t, 2, diagnoses)}})
		if exit.Of(err) != c.code || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := stagetest.Try(t, "eval.compare", "{}", stages.Inputs{"predictions": {evaltest.Predictions(t, 2, rows)}}); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "nothing to compare") {
		t.Errorf("a model alone: error %v", err)
	}
	if _, err := stagetest.Try(t, "eval.compare", "{split: val}", stages.Inputs{"predictions": {evaltest.Predictions(t, 2, rows)}}); exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), "no example of split val") {
		t.Errorf("no example: error %v", err)
	}
}
