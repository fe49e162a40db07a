// Package evaltest makes predictions for the tests of what measures and shows
// them.
package evaltest

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
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

// Measured are metrics of two variants of the cases and of the known best: the
// variant head is lora with noise.
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
	return stagetest.Run(t, "eval.auroc", "{}", stages.Inputs{"predictions": {Predictions(t, 2, rows)}, "known_best": {Predictions(t, 2, best)}})
}

// Predictions writes predictions into a dataset of that many parts.
func Predictions(t testing.TB, parts int, rows []task.Prediction) *dataset.Dataset {
	t.Helper()
	w, err := dataset.NewWriter(t.Context(), filepath.Join(t.TempDir(), "predictions"), task.KindPredictions, parts)
	must(t, err)
	must(t, w.SetTables(task.TablePredictions))
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
	f, err := d.OpenFile(t.Context(), name)
	must(t, err)
	defer f.Close()
	data, err := io.ReadAll(f)
	must(t, err)
	return string(data)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
