package pipelines

import (
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
)

// A worker on another machine has not begun the task: it makes the environment that the
// task describes, once, so that its DoFns share one memory.
func TestAWorkerMakesTheTasksEnvironment(t *testing.T) {
	task := Task{Run: "of another process", Job: "a", Workers: 3, Memory: 300 << 20}
	env := task.env()
	if env.Workers != 3 || env.Memory.Bytes() != 300<<20 {
		t.Errorf("%d workers, %d bytes", env.Workers, env.Memory.Bytes())
	}
	if task.env() != env {
		t.Error("a second DoFn has another environment")
	}
	if other := (Task{Run: "another", Job: "b", Workers: 3, Memory: 300 << 20}).env(); other.Memory == env.Memory {
		t.Error("two jobs have one memory")
	}
	if other := (Task{Run: "a third", Job: "a", Workers: 3, Memory: 300 << 20}).env(); other.Memory != env.Memory {
		t.Error("two tasks of a job have a memory each")
	}
	if own := (Task{Run: "without a count", Memory: 300 << 20}).env(); own.Workers != stages.Default.Workers {
		t.Errorf("%d workers where the client gave no number, want this machine's %d", own.Workers, stages.Default.Workers)
	}
	done := task.begin(stages.Default)
	defer done()
	if task.env() != stages.Default {
		t.Error("the process that began the task has another environment")
	}
}

// What a worker is told of a client of another build is a configuration error: it would
// fail a thousand times.
func TestAWorkerOfAnotherBuildIsTold(t *testing.T) {
	_, _, err := open[any](t.Context(), stages.Default, Task{Build: "v9.9.9 (abc)", Stage: "any"})
	if exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "the client v9.9.9 (abc); give both the same build") {
		t.Error(err)
	}
}

// The client's own number of processors is not the workers'.
func TestATaskCarriesWhatWasGiven(t *testing.T) {
	var task Task
	env := stages.Default.With(func(s *stages.Settings) { s.Workers, s.Log = 99, s.Log.Level(zerolog.ErrorLevel) })
	task.carry(env)
	if task.Workers != 0 || task.Memory != env.Memory.Bytes() || zerolog.Level(task.LogLevel) != zerolog.ErrorLevel || task.Build == "" {
		t.Errorf("carries %+v", task)
	}
	task.carry(env.With(func(s *stages.Settings) { s.RemoteWorkers = 3 }))
	if task.Workers != 3 {
		t.Errorf("carries %d workers of 3 given", task.Workers)
	}
}
