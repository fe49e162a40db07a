package pipelines

import (
	"sync"

	"github.com/clinflow/clinflow/internal/progress"
)

// meters holds the progress of the tasks that run in this process, so that the
// bundles of one task share one line.
var meters sync.Map // output URI → *meter

// meter counts a task's parts.
type meter struct{ task *progress.Task }

// meterOf returns the meter of a task: nil where its work runs in a worker
// process that nobody watches.
func meterOf(t Task) *meter {
	m, ok := meters.Load(t.Out)
	if !ok {
		return nil
	}
	return m.(*meter)
}

// watch shows the task's progress until the returned function is called.
func watch(t Task) (stop func()) {
	m := &meter{progress.Start(t.Step, "parts", int64(t.Parts))}
	meters.Store(t.Out, m)
	return func() {
		meters.Delete(t.Out)
		m.task.Done()
	}
}

func (m *meter) tick() {
	if m != nil {
		m.task.Add(1)
	}
}
