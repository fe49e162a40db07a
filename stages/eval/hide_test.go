package eval

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval/evaltest"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// small measures predictions and returns the score and the curve of their task.
func small(t *testing.T, config string, rows []task.Prediction) (score map[string]any, curve []any) {
	t.Helper()
	out := stagetest.Run(t, "eval.auroc", config, stages.Inputs{"predictions": {evaltest.Predictions(t, 2, rows)}})
	var metrics struct {
		Variants map[string]struct {
			Tasks map[string]map[string]any `json:"tasks"`
		} `json:"variants"`
	}
	var curves struct {
		Variants map[string]map[string][]any `json:"variants"`
	}
	if strings.Contains(evaltest.File(t, out, MetricsName), `\u00`) {
		t.Error("metrics.json is hard to read")
	}
	for name, into := range map[string]any{MetricsName: &metrics, CurvesName: &curves} {
		if err := json.Unmarshal([]byte(evaltest.File(t, out, name)), into); err != nil {
			t.Fatal(err)
		}
	}
	if n := out.Manifest.Counts["examples.lora."+rows[0].Task]; n != int64(len(rows)) {
		t.Errorf("the manifest, which is as confidential as the rows, counts %d examples of %d", n, len(rows))
	}
	return metrics.Variants["lora"].Tasks[rows[0].Task], curves.Variants["lora"][rows[0].Task]
}

// TestSmallCellsAreHidden: neither a count nor a curve nor the digits of an AUROC
// tell how many positives, negatives or examples of a class there are.
func TestSmallCellsAreHidden(t *testing.T) {
	for _, c := range []struct {
		task         string
		sizes        []int // negatives and positives, or the classes
		n, positives any
		classes      []any
		marked       bool
	}{
		{"mor", []int{26, 3}, 29.0, "<10", nil, true},
		{"mor", []int{4, 25}, 29.0, ">=10", nil, true},
		{"mor", []int{5, 3}, "<10", "<10", nil, true},
		{"mor", []int{19, 10}, 29.0, 10.0, nil, false},
		{"mor", []int{29, 0}, 29.0, 0.0, nil, false},
		{"los", []int{6, 8, 8, 4}, 26.0, 26.0, []any{"<10", "<10", "<10", "<10"}, true},
		{"los", []int{40, 30, 0, 9}, 79.0, 79.0, []any{40.0, ">=10", 0.0, "<10"}, true},
		{"los", []int{12, 10, 30}, 52.0, 52.0, []any{12.0, 10.0, 30.0}, false},
		{"diag", []int{3, 2, 4}, "<10", "<10", nil, true},
		{"diag", []int{9, 9, 9}, 27.0, 27.0, nil, false}, // means over three classes
	} {
		rows := evaltest.OfClasses(c.task, c.sizes...)
		score, curve := small(t, "{}", rows)
		told, drawn := small(t, "{small_cells: show}", rows)
		t.Run(fmt.Sprint(c.task, c.sizes), func(t *testing.T) {
			if score["n"] != c.n || score["positives"] != c.positives {
				t.Errorf("n %v, positives %v; want %v, %v", score["n"], score["positives"], c.n, c.positives)
			}
			if classes, _ := score["class_counts"].([]any); !slices.Equal(classes, c.classes) {
				t.Errorf("class counts %v, want %v", classes, c.classes)
			}
			if told["n"] != float64(len(rows)) || told["small_cells"] != nil {
				t.Errorf("shown, it is %v", told)
			}
			if !c.marked {
				if score["small_cells"] != nil || score["auroc"] != told["auroc"] || cmp.Diff(curve, drawn) != "" {
					t.Errorf("the AUROC of enough examples is marked, rounded or not drawn: %v", score)
				}
				return
			}
			if score["small_cells"] != true || curve != nil || drawn == nil {
				t.Errorf("not marked, or drawn: %v, %d points, shown %d", score, len(curve), len(drawn))
			}
			for _, name := range []string{"auroc", "auroc_ovo", "auroc_ovr", "auroc_softmax", "auroc_sigmoid"} {
				exact, has := told[name].(float64)
				if has && score[name] != Coarse(len(rows))(exact) {
					t.Errorf("%s is %v, exactly %v", name, score[name], exact)
				}
			}
			for _, name := range []string{"interval", "delong"} {
				exact, has := told[name].(map[string]any)
				for bound, value := range exact {
					if got := score[name].(map[string]any)[bound]; has && got != Coarse(len(rows))(value.(float64)) {
						t.Errorf("%s is %v, exactly %v", name, got, value)
					}
				}
			}
		})
	}
}

// The rule is one: what the report and the journal hide is what this hides.
func TestLimitOfSmallCells(t *testing.T) {
	for n, want := range map[int]any{smallcell.Limit - 1: "<10", smallcell.Limit: 10.0} {
		if score, _ := small(t, "{}", evaltest.OfClasses("mor", 40, n)); score["positives"] != want {
			t.Errorf("%d positives are told as %v", n, score["positives"])
		}
	}
}

// The attack: examples less patients are the admissions of those who came again.
func TestPatientsWhoCameAgainAreFew(t *testing.T) {
	for again, want := range map[int]smallcell.Count{0: 60, 1: smallcell.Above, 9: smallcell.Above, 10: 50} {
		rows := evaltest.CameAgain(evaltest.OfClasses("mor", 40, 20), again)
		in := stages.Inputs{"predictions": {evaltest.Predictions(t, 2, rows)}}
		if got := measure(t, "{replicates: 0}", in).Variants["lora"].Tasks["mor"].Patients; got != want {
			t.Errorf("%d came again, patients are %s", again, got)
		}
		if got := measure(t, "{replicates: 0, small_cells: show}", in).Variants["lora"].Tasks["mor"].Patients; got != smallcell.Count(60-again) {
			t.Errorf("%d came again, %s patients are shown", again, got)
		}
	}
}
