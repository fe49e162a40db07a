package pipelines_test

import (
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/pipelines"
	"github.com/clinflow/clinflow/stages"
)

// Of tasks in one job each has an output of its own, and a fault of its own: what is
// wrong with one is no failure of another.
func TestTasksOfOneJobFailByThemselves(t *testing.T) {
	root := texts(t, 20)
	notes := run(t, "direct", task(t, "test.lines", faults{Root: root, Shards: 2, MaxBad: 1}, 1, "")).URI()
	work := []struct {
		task pipelines.Task
		says string
	}{
		{task(t, "test.upper", faults{Shards: 2}, 2, notes), ""},
		{task(t, "test.upper", faults{Shards: 2, Fail: true}, 2, notes), "row 7 is bad"},
		{task(t, "test.letters", faults{Shards: 2}, 2, notes), ""},
		{task(t, "test.lines", faults{Root: root, Shards: 2, MaxBad: 0.01}, 2, ""), "3 of 60 records are bad"},
		{task(t, "test.letters", faults{Shards: 2}, 2, notes+"-gone"), "incomplete or missing dataset"},
		{task(t, "test.upper", faults{Shards: 2}, 2, notes), "holds a complete dataset"},
	}
	work[5].task.Out = notes
	var tasks []pipelines.Task
	for i, w := range work {
		w.task.Step += strings.Repeat("x", i)
		tasks = append(tasks, w.task)
	}
	errs := pipelines.RunTogether(t.Context(), stages.Default, "prism", tasks)
	for i, w := range work {
		if err := errs[i]; (err == nil) != (w.says == "") || err != nil && !strings.Contains(err.Error(), w.says) {
			t.Errorf("task %d: %v, want it to say %q", i, err, w.says)
		}
		if _, err := dataset.Open(t.Context(), w.task.Out); (err == nil) != (w.says == "") && i != 5 {
			t.Errorf("task %d: its output: %v", i, err)
		}
	}
	alone := run(t, "direct", task(t, "test.upper", faults{Shards: 2}, 1, notes))
	together, err := dataset.Open(t.Context(), work[0].task.Out)
	if err != nil || alone.Manifest.Digest() != together.Manifest.Digest() {
		t.Errorf("other bytes than alone, %v", err)
	}
}

// Where none of the tasks can be begun, there is no job.
func TestTasksWithoutInputsAreNoJob(t *testing.T) {
	gone := task(t, "test.upper", faults{Shards: 2}, 2, t.TempDir())
	if errs := pipelines.RunTogether(t.Context(), stages.Default, "prism", []pipelines.Task{gone, gone}); exit.Of(errs[0]) != exit.Usage || exit.Of(errs[1]) != exit.Usage {
		t.Errorf("%v", errs)
	}
}
