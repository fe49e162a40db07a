package given_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"

	_ "github.com/clinflow/clinflow/stages/label/given"
	_ "github.com/clinflow/clinflow/stages/split"
)

const admit dataset.Time = 6_600_000_000_000_000 // in 2179

// table is rows in any order.
func table[R mimic.Row](name string, rows []R) stagetest.Table {
	ordered := slices.SortedStableFunc(slices.Values(rows), mimic.Compare[R])
	return stagetest.TableOf(name, ordered, func(row R) int64 { return row.Key().SubjectID })
}

// patients are datasets of tables.
func patients(t *testing.T, parts int, tables ...stagetest.Table) stages.Inputs {
	t.Helper()
	return stages.Inputs{"patients": {stagetest.Dataset(t, mimic.KindPatients, parts, nil, tables...)}}
}

// with is inputs with one more.
func with(in stages.Inputs, port string, d *dataset.Dataset) stages.Inputs {
	more := maps.Clone(in)
	more[port] = []*dataset.Dataset{d}
	return more
}

func labelsOf(t *testing.T, d *dataset.Dataset) []task.Label {
	t.Helper()
	return stagetest.Rows[task.Label](t, d, task.TableLabels)
}

// taskOf is the task in a manifest.
func taskOf(t *testing.T, d *dataset.Dataset) task.Task {
	t.Helper()
	of, ok, err := task.Of(d)
	if err != nil || !ok {
		t.Fatalf("%s: no task: %v", d.Manifest.Stage, err)
	}
	return of
}
