package pipelines

import (
	"sync"

	"github.com/clinflow/clinflow/internal/memory"
	"github.com/clinflow/clinflow/internal/progress"
	"github.com/clinflow/clinflow/stages"
)

// running holds what the DoFns of this process cannot carry as fields, for Beam
// writes those down: Task.Run → *run.
var running sync.Map

// run is a task at work in the process that began it.
type run struct {
	env   *stages.Environment
	meter *progress.Task // counts parts
}

// begin lets the task's DoFns find its environment and shows its progress, until done.
func (t Task) begin(env *stages.Environment) (done func()) {
	r := &run{env, env.Progress.Start(t.Step, "parts", int64(t.Parts))}
	running.Store(t.Run, r)
	return func() {
		running.Delete(t.Run)
		r.meter.Done()
	}
}

// env is what the task's stage is made in.
func (t Task) env() *stages.Environment { return t.running().env }

// meter counts the task's parts, where somebody watches.
func (t Task) meter() *progress.Task { return t.running().meter }

// running finds the task among those of this process. A worker process of a remote
// runner began none: its environment is stages.Default with what the task carries, one
// for all DoFns of the task, which share its memory.
func (t Task) running() *run {
	if r, ok := running.Load(t.Run); ok {
		return r.(*run)
	}
	r, _ := running.LoadOrStore(t.Run, &run{meter: progress.None(), env: stages.Default.With(func(s *stages.Settings) {
		s.Workers, s.Memory = t.Workers, memory.New(t.Memory)
	})})
	return r.(*run)
}
