package pipelines

import (
	"testing"

	"github.com/clinflow/clinflow/stages"
)

// A worker on another machine has not begun the task: it makes the environment that the
// task describes, once, so that its DoFns share one memory.
func TestAWorkerMakesTheTasksEnvironment(t *testing.T) {
	task := Task{Run: "of another process", Workers: 3, Memory: 300 << 20}
	env := task.env()
	if env.Workers != 3 || env.Memory.Bytes() != 300<<20 {
		t.Errorf("%d workers, %d bytes", env.Workers, env.Memory.Bytes())
	}
	if task.env() != env {
		t.Error("a second DoFn has another environment")
	}
	if other := (Task{Run: "another", Workers: 3, Memory: 300 << 20}).env(); other.Memory == env.Memory {
		t.Error("two tasks have one memory")
	}
	done := task.begin(stages.Default)
	defer done()
	if task.env() != stages.Default {
		t.Error("the process that began the task has another environment")
	}
}
