// Package evaltest makes predictions for the tests of what measures and shows
// them.
package evaltest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// Case is a task's logits, labels and scikit-learn's AUROCs;
// oracle/auroc_golden.py wrote them.
type Case struct {
	Task             string
	Logits           [][]float32
	Labels           [][]int32
	AUROC, OvO, OvR  float64
	Softmax, Sigmoid float64
	N, Positives     int
	Used, Skipped    int
	ClassCounts      []int `json:"class_counts"`
}

// Golden reads the cases of three tasks from a golden file.
func Golden(t testing.TB, path string) []Case {
	t.Helper()
	var g struct{ Cases []Case }
	data, err := os.ReadFile(filepath.FromSlash(path))
	must(t, err)
	must(t, json.Unmarshal(data, &g))
	return g.Cases
}

// Rows are the predictions of a case.
func (c Case) Rows(variant string) []task.Prediction {
	var rows []task.Prediction
	for i, logits := range c.Logits {
		row := task.Prediction{ExampleID: fmt.Sprint(i), SubjectID: int64(i), Task: c.Task, Variant: variant, Split: "test", Logits: logits}
		if c.Task == "diag" {
			row.Labels = c.Labels[i]
		} else {
			row.Label = c.Labels[i][0]
		}
		rows = append(rows, row)
	}
	return rows
}

// OfClasses are predictions of a task with so many examples of each class; those of a
// multi-label task have their class as their only label.
func OfClasses(name string, sizes ...int) []task.Prediction {
	random := rand.New(rand.NewPCG(1, uint64(len(sizes))))
	var rows []task.Prediction
	for class, size := range sizes {
		for range size {
			row := task.Prediction{SubjectID: int64(len(rows)), Task: name, Variant: "lora", Split: "test", Label: int32(class), Labels: []int32{int32(class)}}
			for range sizes {
				row.Logits = append(row.Logits, float32(random.NormFloat64()))
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// Clustered gives the examples of a case to patients of several each.
func Clustered(rows []task.Prediction, each int) []task.Prediction {
	rows = slices.Clone(rows)
	for i := range rows {
		rows[i].SubjectID = int64(i / each)
	}
	return rows
}

// CameAgain gives so many of the first examples to the patients of the last.
func CameAgain(rows []task.Prediction, again int) []task.Prediction {
	rows = slices.Clone(rows)
	for i := range again {
		rows[i].SubjectID, rows[i].ExampleID = rows[len(rows)-1-i].SubjectID, "again"
	}
	return rows
}

// Lacking are predictions of three tasks on so many patients, of which one lacks some.
func Lacking(some int) (rows []task.Prediction) {
	rows = append(OfClasses("diag", 60, 60), OfClasses("mor", 120-some, some)...)
	return append(rows, OfClasses("los", 40, 40, 40-some)...)
}

// AllCases are the predictions of cases, each patient with so many examples of a case.
func AllCases(cases []Case, variant string, each int) (rows []task.Prediction) {
	for _, c := range cases {
		rows = append(rows, Clustered(c.Rows(variant), each)...)
	}
	return rows
}

// Measured are metrics of two variants of the cases and of the known best: the
// variant head is lora with noise. They are measured as the paper's code does.
func Measured(t testing.TB, cases []Case) *dataset.Dataset {
	t.Helper()
	var rows, best []task.Prediction
	for _, c := range cases {
		rows = append(rows, c.Rows("lora")...)
		best = append(best, c.Rows("best")...)
		for _, row := range c.Rows("head") {
			row.Logits = append([]float32(nil), row.Logits...)
			for k := range row.Logits {
				row.Logits[k] += float32(4 * math.Sin(float64(int(row.SubjectID)*(k+3))))
			}
			rows = append(rows, row)
		}
	}
	return stagetest.Run(t, "eval.auroc", "{recipe: paper}", stages.Inputs{"predictions": ByTask(t, 2, rows), "known_best": ByTask(t, 2, best)})
}

// kinds are those of the tasks in tests that are not binary.
var kinds = map[string]task.Kind{"los": task.Multiclass, "diag": task.Multilabel, "proc": task.Multilabel}

// TaskOf is the task of a name with so many labels.
func TaskOf(name string, labels int) task.Task {
	of := task.Task{Name: name, Kind: cmp.Or(kinds[name], task.Binary), Recipe: "clinical", Split: "hash", Release: "synthetic"}
	for i := range labels {
		of.Labels = append(of.Labels, fmt.Sprint("label ", i))
	}
	return of
}

// ByTask writes predictions into a dataset a task.
func ByTask(t testing.TB, parts int, rows []task.Prediction) []*dataset.Dataset {
	t.Helper()
	byTask := map[string][]task.Prediction{}
	for _, row := range rows {
		byTask[row.Task] = append(byTask[row.Task], row)
	}
	var all []*dataset.Dataset
	for _, name := range slices.Sorted(maps.Keys(byTask)) {
		all = append(all, Predictions(t, parts, byTask[name]))
	}
	return all
}

// Predictions writes predictions of the first row's task into a dataset of that many
// parts.
func Predictions(t testing.TB, parts int, rows []task.Prediction) *dataset.Dataset {
	t.Helper()
	return PredictionsOf(t, parts, TaskOf(rows[0].Task, len(rows[0].Logits)), rows)
}

// PredictionsOf writes predictions of a task; of the zero task the manifest tells none.
func PredictionsOf(t testing.TB, parts int, of task.Task, rows []task.Prediction) *dataset.Dataset {
	t.Helper()
	w, err := dataset.NewWriter(t.Context(), filepath.Join(t.TempDir(), "predictions"), task.KindPredictions, parts)
	must(t, err)
	must(t, w.SetTables(task.TablePredictions))
	if of.Kind != "" {
		must(t, w.SetAttribute(task.Attribute, of))
	}
	for part := range parts {
		p := w.Part(part)
		table, err := dataset.Rows[task.Prediction](p, task.TablePredictions)
		must(t, err)
		for _, row := range rows {
			if mimic.PartOf(row.SubjectID, parts) == part {
				must(t, table.Write(row))
			}
		}
		_, err = p.Close()
		must(t, err)
	}
	must(t, w.Commit(t.Context(), dataset.Manifest{Stage: "test", StageVersion: 1}, nil))
	d, err := dataset.Open(t.Context(), w.URI())
	must(t, err)
	return d
}

// File is the text of a file of an artifact.
func File(t testing.TB, d *dataset.Dataset, name string) string {
	t.Helper()
	data, err := d.ReadFile(t.Context(), name)
	must(t, err)
	return string(data)
}

// Read is what a JSON file of an artifact holds.
func Read[T any](t testing.TB, d *dataset.Dataset, name string) (value T) {
	t.Helper()
	must(t, d.ReadJSON(t.Context(), name, &value))
	return value
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
