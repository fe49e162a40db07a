package train

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/stages/train/trainer"
	"github.com/clinflow/clinflow/task"
)

// bagGolden is what scikit-learn computes (oracle/bag_of_words.py).
type bagGolden struct {
	Train, Test [][]int32
	Cases       []struct {
		Classes  int
		C        float64
		Balanced bool
		Labels   []int32
		Decision [][]float64
	}
	Sets     [][]int32
	PerLabel [][]float64 `json:"per_label"`
}

func readBagGolden(t *testing.T) (g bagGolden) {
	t.Helper()
	data, err := os.ReadFile("bagofwords/testdata/golden.json")
	must(t, err)
	must(t, json.Unmarshal(data, &g))
	return g
}

// tokens are the golden documents in parts: labels and sets belong to train.
func (g bagGolden) tokens(t *testing.T, labels []int32, sets [][]int32) labelled {
	t.Helper()
	var rows []examples.Example
	for i, ids := range g.Train {
		row := examples.Example{ExampleID: fmt.Sprint("train", i), SubjectID: int64(i), Split: "train", InputIDs: ids}
		if labels != nil {
			row.Label = labels[i]
		}
		if sets != nil {
			row.Labels = sets[i]
		}
		rows = append(rows, row)
	}
	for i, ids := range g.Test {
		rows = append(rows, examples.Example{ExampleID: fmt.Sprint("test", i), SubjectID: int64(1000 + i), Split: "test", InputIDs: ids})
	}
	return write(t, rows, 3)
}

// bag runs the stage and returns the logits by example_id.
func bag(t *testing.T, config string, on labelled) (*dataset.Dataset, map[string][]float32) {
	t.Helper()
	return bagIn(t, stages.Default, config, on)
}

func bagIn(t *testing.T, env *stages.Environment, config string, on labelled) (*dataset.Dataset, map[string][]float32) {
	t.Helper()
	d := stagetest.RunIn(t, env, "train.baseline", config, on.with(nil))
	logits := map[string][]float32{}
	for part := range d.Parts() {
		for row, err := range dataset.Read[task.Prediction](t.Context(), d, task.TablePredictions, part) {
			must(t, err)
			if row.Task != "mor" || row.Variant != "bag_of_words" {
				t.Fatalf("a prediction of task %q, variant %q", row.Task, row.Variant)
			}
			logits[row.ExampleID] = row.Logits
		}
	}
	return d, logits
}

// classesOf is the kind of a task of two classes, or of more.
var classesOf = map[bool]task.Kind{true: task.Binary, false: task.Multiclass}

const tightBag = `splits: [test], tolerance: 1.0e-8, max_iter: 10000, `

func TestBaselineAsScikitLearn(t *testing.T) {
	g := readBagGolden(t)
	for i, c := range g.Cases {
		weights := map[bool]string{true: "balanced", false: "none"}[c.Balanced]
		config := fmt.Sprintf(`{%s c: %g, class_weights: %s}`, tightBag, c.C, weights)
		d, logits := bag(t, config, g.tokens(t, c.Labels, nil).as(t, "mor", classesOf[c.Classes == 2], c.Classes))
		if n := d.Manifest.Counts["unconverged_fits"]; n != 0 || len(logits) != len(g.Test) {
			t.Fatalf("case %d: %d fits did not converge, %d documents predicted", i, n, len(logits))
		}
		for row, want := range c.Decision {
			if c.Classes == 2 {
				want = []float64{0, want[0]}
			}
			nearLogits(t, fmt.Sprintf("case %d, document %d", i, row), logits[fmt.Sprint("test", row)], want)
		}
	}
}

func TestBaselineForEachLabel(t *testing.T) {
	g := readBagGolden(t)
	d, logits := bag(t, `{`+tightBag+`}`, g.tokens(t, nil, g.Sets).as(t, "mor", task.Multilabel, len(g.PerLabel)))
	if n := d.Manifest.Counts["constant_logits"]; n != 2 {
		t.Errorf("%d constant logits; one label is never there and one always", n)
	}
	never, always := math.Log(0.5/90.5), math.Log(90.5/0.5)
	for row := range g.Test {
		want := []float64{0, 0, 0, never, always}
		for label, column := range g.PerLabel[:3] {
			want[label] = column[row]
		}
		nearLogits(t, fmt.Sprint("document ", row), logits[fmt.Sprint("test", row)], want)
	}
}

func nearLogits(t *testing.T, name string, got []float32, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d logits, want %d", name, len(got), len(want))
	}
	for k := range want {
		if difference := math.Abs(float64(got[k]) - want[k]); !(difference < 1e-4) {
			t.Errorf("%s: logit %d is %g off", name, k, difference)
		}
	}
}

func TestBaselineOfClassesThatTrainLacks(t *testing.T) {
	g := readBagGolden(t)
	four := g.Cases[1].Labels
	moved, one := make([]int32, len(four)), make([]int32, len(four))
	for i, label := range four {
		moved[i], one[i] = label+label/2, 5 // classes 0, 1, 3, 4 of six; class 5 alone
	}
	// Balanced weights count the empty classes too: none are compared here.
	d, got := bag(t, `{`+tightBag+`class_weights: none}`, g.tokens(t, moved, nil).as(t, "mor", task.Multiclass, 6))
	_, want := bag(t, `{`+tightBag+`class_weights: none}`, g.tokens(t, four, nil).as(t, "mor", task.Multiclass, 4))
	if d.Manifest.Counts["constant_logits"] != 2 {
		t.Errorf("%d constant logits, two classes of six are empty", d.Manifest.Counts["constant_logits"])
	}
	empty := math.Log(0.5 / 90.5)
	for id, w := range want {
		nearLogits(t, id, got[id], []float64{float64(w[0]), float64(w[1]), empty, float64(w[2]), float64(w[3]), empty})
	}
	_, got = bag(t, `{`+tightBag+`}`, g.tokens(t, one, nil).as(t, "mor", task.Multiclass, 6))
	for id, logits := range got {
		nearLogits(t, id, logits, []float64{empty, empty, empty, empty, empty, -empty})
	}
}

func TestBaselineLearnsAndDoesNotLeak(t *testing.T) {
	auroc := func(tokens labelled, config string) float64 {
		d := stagetest.Run(t, "train.baseline", `{splits: [test], `+config+`}`, tokens.with(nil))
		var rows []task.Prediction
		for part := range d.Parts() {
			for row, err := range dataset.Read[task.Prediction](t.Context(), d, task.TablePredictions, part) {
				must(t, err)
				rows = append(rows, row)
			}
		}
		return aurocOf(t, trainer.Classifier{NumLabels: 2}, rows)
	}
	tokens := corpus(t, 900, 2)
	if got := auroc(tokens, ``); got < 0.95 {
		t.Errorf("AUROC %.3f where one word tells the label", got)
	}
	if got := auroc(tokens, `shuffle_labels: true`); math.Abs(got-0.5) > 0.15 {
		t.Errorf("shuffled labels: AUROC %.3f, want chance", got)
	}
}

func TestBaselineIsTheSameForPartsAndWorkers(t *testing.T) {
	run := func(parts, workers int, kind task.Kind, labels int) map[string][]float32 {
		_, logits := bagIn(t, environment("cpu", workers), `{}`, corpus(t, 150, parts).as(t, "mor", kind, labels))
		return logits
	}
	for kind, labels := range map[task.Kind]int{task.Binary: 2, task.Multiclass: 3, task.Multilabel: 4} {
		if diff := cmp.Diff(run(1, 1, kind, labels), run(5, 3, kind, labels)); diff != "" {
			t.Errorf("%s: 5 parts and 3 workers differ from one and one:\n%s", kind, diff)
		}
	}
}

func TestBaselineRefusals(t *testing.T) {
	good := corpus(t, 30, 1)
	rows := func(change func(i int, row *examples.Example)) labelled {
		out := strangers()
		for i := range out {
			change(i, &out[i])
		}
		return write(t, out, 1)
	}
	for _, c := range []struct {
		name, config string
		tokens       labelled
		code         exit.Code
		want         string
	}{
		{"a patient in two splits", ``, rows(func(i int, r *examples.Example) {
			if i == 3 {
				r.SubjectID, r.Split = 1004, "test"
			}
		}), exit.BadData, "<10 patients occur in more than one split"},
		{"no train rows", ``, rows(func(_ int, r *examples.Example) { r.Split = "test" }), exit.BadData, "no example of split train"},
		{"a label outside", ``, rows(func(_ int, r *examples.Example) { r.Label = 2 }), exit.BadData, "outside 0…1"},
		{"no labels of the task", ``, good.as(t, "mor", task.Multilabel, 0), exit.BadData, "is multilabel and has 0 labels"},
		{"no penalty", `c: 0`, good, exit.Usage, "c: is 0"},
		{"an unknown split", `splits: [dev]`, good, exit.Usage, "splits"},
	} {
		_, err := stagetest.Try(t, "train.baseline", `{`+c.config+`}`, c.tokens.with(nil))
		if exit.Of(err) != c.code || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: exit %d, %v; want %d and %q", c.name, exit.Of(err), err, c.code, c.want)
		}
	}
}
