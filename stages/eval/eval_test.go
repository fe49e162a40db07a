package eval

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/shard"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
)

// goldenCase is a task's logits, labels and scikit-learn's AUROCs;
// oracle/auroc_golden.py wrote them.
type goldenCase struct {
	Task             string
	Logits           [][]float32
	Labels           [][]int32
	AUROC, OvO, OvR  float64
	Softmax, Sigmoid float64
	N, Positives     int
	Used, Skipped    int
	ClassCounts      []int `json:"class_counts"`
}

func readGolden(t *testing.T) []goldenCase {
	t.Helper()
	var g struct{ Cases []goldenCase }
	data, err := os.ReadFile(filepath.Join("testdata", "predictions.json"))
	if err == nil {
		err = json.Unmarshal(data, &g)
	}
	if err != nil {
		t.Fatal(err)
	}
	return g.Cases
}

// rows are the predictions of a case.
func (c goldenCase) rows(variant string) []shard.Prediction {
	var rows []shard.Prediction
	for i, logits := range c.Logits {
		row := shard.Prediction{ExampleID: fmt.Sprint(i), SubjectID: int64(i), Task: c.Task, Variant: variant, Split: "test", Logits: logits}
		if c.Task == "diag" {
			row.Labels = c.Labels[i]
		} else {
			row.Label = c.Labels[i][0]
		}
		rows = append(rows, row)
	}
	return rows
}

// dataset writes predictions into a dataset of that many parts.
func dataset(t testing.TB, parts int, rows []shard.Prediction) *shard.Dataset {
	t.Helper()
	uri := filepath.Join(t.TempDir(), "predictions")
	w, err := shard.NewWriter(t.Context(), uri, shard.KindPredictions, parts)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.SetTables(shard.TablePredictions); err != nil {
		t.Fatal(err)
	}
	var results []shard.PartResult
	for part := range parts {
		p := w.Part(part)
		table, err := shard.Rows[shard.Prediction](p, shard.TablePredictions)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			if shard.PartOf(row.SubjectID, parts) == part {
				if err := table.Write(row); err != nil {
					t.Fatal(err)
				}
			}
		}
		result, err := p.Close()
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, result)
	}
	if err := w.Commit(t.Context(), shard.Manifest{Stage: "test", StageVersion: 1}, results); err != nil {
		t.Fatal(err)
	}
	d, err := shard.Open(t.Context(), uri)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func file(t testing.TB, d *shard.Dataset, name string) string {
	t.Helper()
	f, err := d.OpenFile(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func measure(t testing.TB, config string, in stages.Inputs) Metrics {
	t.Helper()
	var m Metrics
	if err := json.Unmarshal([]byte(file(t, stagetest.Run(t, "eval.auroc", config, in), MetricsName)), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAUROCEqualsScikitLearn(t *testing.T) {
	cases := readGolden(t)
	var rows []shard.Prediction
	for _, c := range cases {
		rows = append(rows, c.rows("lora")...)
	}
	same := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-12 })
	scores := measure(t, "{}", stages.Inputs{"predictions": {dataset(t, 3, rows)}}).Variants["lora"]
	var sum float64
	for _, c := range cases {
		want := TaskScore{N: c.N, Positives: c.Positives, ClassesUsed: c.Used, ClassesSkipped: c.Skipped, AUROC: &c.AUROC, Kind: KindBinary}
		switch c.Task {
		case "los":
			want.Kind, want.Measure, want.ClassCounts = KindMulticlass, measureOvO, c.ClassCounts
			want.AUROC, want.OneVsOne, want.OneVsRest = &c.OvO, &c.OvO, &c.OvR
		case "diag":
			want.Kind, want.Measure = KindMultiLabel, measureSoftmax
			want.AUROC, want.Softmax, want.Sigmoid = &c.Softmax, &c.Softmax, &c.Sigmoid
		}
		if diff := cmp.Diff(want, scores.Tasks[c.Task], same); diff != "" {
			t.Errorf("%s: %s", c.Task, diff)
		}
		sum += *want.AUROC
	}
	if macro := sum / float64(len(cases)); math.Abs(*scores.MacroAUROC-macro) > 1e-12 || scores.TasksAveraged != len(cases) {
		t.Errorf("macro %v of %d tasks, want %v of %d", *scores.MacroAUROC, scores.TasksAveraged, macro, len(cases))
	}
	other := measure(t, "{multiclass: ovr, multi_label_score: sigmoid}", stages.Inputs{"predictions": {dataset(t, 3, rows)}}).Variants["lora"].Tasks
	if *other["los"].AUROC != *scores.Tasks["los"].OneVsRest || *other["diag"].AUROC != *scores.Tasks["diag"].Sigmoid {
		t.Error("the configuration does not choose what counts")
	}
}

// TestAUROCOfAnyParts: neither parts nor the split over datasets shows.
func TestAUROCOfAnyParts(t *testing.T) {
	cases := readGolden(t)
	var all, other []shard.Prediction
	var each, eachOther []*shard.Dataset
	for _, c := range cases {
		all = append(all, c.rows("head")...)
		each = append(each, dataset(t, 7, c.rows("head")))
		other = append(other, c.rows("ignored")...)
		eachOther = append(eachOther, dataset(t, 7, c.rows("ignored")))
	}
	one := stagetest.Run(t, "eval.auroc", "{}", stages.Inputs{"predictions": {dataset(t, 1, all)}, "floor": {dataset(t, 1, other)}, "known_best": {dataset(t, 1, other)}})
	many := stagetest.Run(t, "eval.auroc", "{}", stages.Inputs{"predictions": each, "floor": eachOther, "known_best": {dataset(t, 7, other)}})
	for _, name := range []string{MetricsName, CurvesName} {
		if diff := cmp.Diff(file(t, one, name), file(t, many, name)); diff != "" {
			t.Errorf("%s differs: %s", name, diff)
		}
	}
	var m Metrics
	if err := json.Unmarshal([]byte(file(t, one, MetricsName)), &m); err != nil {
		t.Fatal(err)
	}
	for name, scores := range map[string]*Scores{"floor": m.Floor, "known best": m.KnownBest} {
		if diff := cmp.Diff(m.Variants["head"], scores); diff != "" {
			t.Errorf("the %s of the same logits differs: %s", name, diff)
		}
	}
	var c Curves
	if err := json.Unmarshal([]byte(file(t, one, CurvesName)), &c); err != nil {
		t.Fatal(err)
	}
	if len(m.Variants) != 1 || len(c.Variants) != 1 || cmp.Diff(c.Variants["head"], c.Floor) != "" || cmp.Diff(c.Floor, c.KnownBest) != "" {
		t.Error("variants and curves hold more than the variants, or other curves of the same logits")
	}
}

func TestAUROCTakesTheSplit(t *testing.T) {
	rows := readGolden(t)[0].rows("lora")
	for i := range rows[:100] {
		rows[i].Split = "val"
	}
	in := stages.Inputs{"predictions": {dataset(t, 2, rows)}}
	if n := measure(t, "{}", in).Variants["lora"].Tasks["mor"].N; n != len(rows)-100 {
		t.Errorf("%d examples of test", n)
	}
	if n := measure(t, "{split: val}", in).Variants["lora"].Tasks["mor"].N; n != 100 {
		t.Errorf("%d examples of val", n)
	}
}

func TestAUROCOfOneClassIsNull(t *testing.T) {
	rows := readGolden(t)[0].rows("lora")
	for i := range rows {
		rows[i].Label = 0
	}
	scores := measure(t, "{}", stages.Inputs{"predictions": {dataset(t, 1, rows)}}).Variants["lora"]
	mor := scores.Tasks["mor"]
	if mor.AUROC != nil || scores.MacroAUROC != nil || mor.ClassesUsed != 0 || mor.ClassesSkipped != 1 || scores.TasksAveraged != 0 {
		t.Errorf("examples of one class have an AUROC: %+v", mor)
	}
}

func TestAUROCRefuses(t *testing.T) {
	nan := float32(math.NaN())
	for name, c := range map[string]struct {
		change func([]shard.Prediction)
		code   exit.Code
		says   string
	}{
		"NaN":             {func(r []shard.Prediction) { r[5].Logits = []float32{nan, 0}; r[6].Logits = []float32{0, nan} }, exit.BadData, "2 of 300 examples"},
		"infinite":        {func(r []shard.Prediction) { r[5].Logits = []float32{float32(math.Inf(1)), 0} }, exit.BadData, "1 of 300 examples"},
		"label outside":   {func(r []shard.Prediction) { r[5].Label = 2 }, exit.BadData, "label"},
		"no label":        {func(r []shard.Prediction) { r[5].Label = -1 }, exit.BadData, "label"},
		"other classes":   {func(r []shard.Prediction) { r[5].Logits = []float32{1, 2, 3} }, exit.BadData, "number of logits"},
		"nothing to test": {func(r []shard.Prediction) { clear(r) }, exit.BadData, "no example of split test"},
		"bad name":        {func(r []shard.Prediction) { r[5].Variant = "a/b" }, exit.Usage, "names of variants"},
	} {
		rows := readGolden(t)[0].rows("lora")
		c.change(rows)
		_, err := stagetest.Try(t, "eval.auroc", "{}", stages.Inputs{"predictions": {dataset(t, 1, rows)}})
		if exit.Of(err) != c.code || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want code %d saying %q", name, err, c.code, c.says)
		}
	}
	once, again := dataset(t, 1, readGolden(t)[0].rows("lora")), dataset(t, 1, readGolden(t)[0].rows("other"))
	for name, in := range map[string]stages.Inputs{
		"a variant":     {"predictions": {once, once}},
		"a floor":       {"predictions": {once}, "floor": {once, again}},
		"the best of a": {"predictions": {once}, "known_best": {once, again}},
	} {
		if _, err := stagetest.Try(t, "eval.auroc", "{}", in); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "two datasets") {
			t.Errorf("%s task from two datasets: error %v", name, err)
		}
	}
}

func TestCurvesHoldNoIDs(t *testing.T) {
	rows := readGolden(t)[0].rows("lora")
	out := stagetest.Run(t, "eval.auroc", "{}", stages.Inputs{"predictions": {dataset(t, 2, rows)}})
	var c Curves
	if err := json.Unmarshal([]byte(file(t, out, CurvesName)), &c); err != nil {
		t.Fatal(err)
	}
	points := c.Variants["lora"]["mor"]
	var area float64
	for i := 1; i < len(points); i++ {
		area += (points[i].FPR - points[i-1].FPR) * (points[i].TPR + points[i-1].TPR) / 2
	}
	if want := readGolden(t)[0].AUROC; math.Abs(area-want) > 2e-3 || len(points) > curvePoints+1 {
		t.Errorf("%d points with area %v, AUROC is %v", len(points), area, want)
	}
}

func TestBlocksRoundTrip(t *testing.T) {
	c := readGolden(t)[2]
	g := group{classes: len(c.Logits[0]), multiLabel: true, logits: c.Logits, labels: c.Labels}
	for _, b := range g.blocks() {
		got, err := unpackBlock(b.pack())
		if err != nil {
			t.Fatal(err)
		}
		for i, logits := range c.Logits {
			for k := range got.width {
				if got.logit(i, k) != float64(logits[got.first+k]) {
					t.Fatalf("row %d, class %d: another logit", i, k)
				}
			}
		}
		for _, damaged := range [][]byte{nil, b.pack()[:7], b.pack()[:len(b.pack())-1]} {
			if _, err := unpackBlock(damaged); err == nil {
				t.Error("a damaged accumulator was taken")
			}
		}
	}
}

func TestInspectAUROC(t *testing.T) {
	for name, c := range map[string]struct {
		in, want string
		code     exit.Code
	}{
		"plain":        {"0,0.1\n1,0.9\n0,0.2\n1,0.15\n", "0.75\n", exit.OK},
		"header, CRLF": {"label,score\r\n0,1\r\n1,1\r\n", "0.5\n", exit.OK},
		"quoted":       {"\"1\",\"2e3\"\n\"0\",\" -1\"\n", "1\n", exit.OK},
		"NaN":          {"0,1\n1,nan\n", "", exit.BadData},
		"no number":    {"0,1\n1,zqcanary\n", "", exit.BadData},
		"bad label":    {"zqcanary,1\n", "", exit.BadData},
		"three":        {"0,1,2\n", "", exit.BadData},
		"quote":        {"0,1\n1,\"zqcanary\n", "", exit.BadData},
		"one class":    {"1,1\n", "", exit.BadData},
		"empty":        {"", "", exit.BadData},
	} {
		var out strings.Builder
		err := InspectAUROC(strings.NewReader(c.in), &out)
		if out.String() != c.want || exit.Of(err) != c.code {
			t.Errorf("%s: %q, error %v", name, out.String(), err)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the error holds the input", name)
		}
	}
}

// FuzzInspectAUROC: whatever comes in, a number between 0 and 1 comes out or an
// error of bad data.
func FuzzInspectAUROC(f *testing.F) {
	for _, seed := range []string{"label,score\n1,0.5\n0,0.25\n", "1,inf\n0,-inf\n", "\"1\",\"2\n", "1,1e999\n", "0,nan\n", "\r\n,\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		var out strings.Builder
		if err := InspectAUROC(strings.NewReader(in), &out); err != nil {
			if exit.Of(err) != exit.BadData || out.Len() > 0 {
				t.Errorf("error %v after output", err)
			}
			return
		}
		if value, err := strconv.ParseFloat(strings.TrimSpace(out.String()), 64); err != nil || !(value >= 0 && value <= 1) {
			t.Errorf("output %q", out.String())
		}
	})
}

// FuzzUnpackBlock: a damaged accumulator is an error, or a block that can be
// read to its end.
func FuzzUnpackBlock(f *testing.F) {
	g := group{classes: 3, multiLabel: true, logits: [][]float32{{1, 2, 3}}, labels: [][]int32{{0, 2}}}
	f.Add(g.blocks()[0].pack())
	g.multiLabel, g.labels = false, [][]int32{{2}}
	f.Add(g.blocks()[0].pack())
	f.Add([]byte("short"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := unpackBlock(data)
		if err != nil || b.n == 0 || b.width == 0 {
			return
		}
		b.norm(b.n - 1)
		b.logit(b.n-1, b.width-1)
		if b.multiLabel {
			b.has(b.n-1, b.width-1)
		} else {
			b.label(b.n - 1)
		}
	})
}

// BenchmarkDiagnoses runs the whole stage over 9,829 documents and 1,266 labels.
func BenchmarkDiagnoses(b *testing.B) {
	rows := make([]shard.Prediction, 9829)
	state := uint32(1)
	for i := range rows {
		rows[i] = shard.Prediction{SubjectID: int64(i), Task: "diag", Variant: "lora", Split: "test", Logits: make([]float32, 1266)}
		for k := range rows[i].Logits {
			state = state*1664525 + 1013904223
			rows[i].Logits[k] = float32(state>>8) / 1e6
			if state>>25 == 0 {
				rows[i].Labels = append(rows[i].Labels, int32(k))
			}
		}
	}
	d := dataset(b, 8, rows)
	for b.Loop() {
		stagetest.Run(b, "eval.auroc", "{}", stages.Inputs{"predictions": {d}})
	}
}
