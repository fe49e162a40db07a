package pipelines

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/rs/zerolog"

	"github.com/clinflow/clinflow/internal/memory"
	"github.com/clinflow/clinflow/internal/progress"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/internal/version"
	"github.com/clinflow/clinflow/stages"
)

// running holds what the DoFns of this process cannot carry as fields, for Beam
// writes those down: Task.Run → *run.
var running sync.Map

// run is a task at work in the process that began it.
type run struct {
	env   *stages.Environment
	meter *progress.Task // counts parts
	home  bool           // the task was begun in this process
	holds bool           // rows may wait in memory from scan to merge

	over    atomic.Bool     // in a worker process: there is no more work
	revoked context.Context // ends when the task is revoked, in a worker process

	mu   sync.Mutex
	held []heldScan
}

// begin lets the task's DoFns find its environment and shows its progress, until done.
func (t Task) begin(env *stages.Environment) (done func()) {
	r := &run{env: env, meter: env.Progress.Start(t.Step, "parts", int64(t.Parts)), home: true, revoked: context.Background()}
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
// runner began none: it makes one environment for all DoFns of the task, which share its
// memory, and works on it until the process ends.
func (t Task) running() *run {
	if r, ok := running.Load(t.Run); ok {
		return r.(*run)
	}
	revoked, stop := context.WithCancel(context.Background())
	r, began := running.LoadOrStore(t.Run, &run{meter: progress.None(), env: t.carried(workIn.Load()), revoked: revoked})
	if began {
		stop()
		return r.(*run)
	}
	r.(*run).env.Memory.Work()
	go t.watch(r.(*run), stop)
	return r.(*run)
}

// workIn is the environment of tasks that another process began.
var workIn atomic.Pointer[stages.Environment]

func init() { WorkIn(stages.Default) }

// WorkIn makes this process a worker's: tasks that another process began are done in the
// environment, with what they carry of the other's.
func WorkIn(env *stages.Environment) { workIn.Store(env) }

// shareOnce lets the group read what the worker process writes.
var shareOnce = sync.OnceFunc(func() { store.ShareWithGroup(true) })

// carry writes down what a worker process is to know of the client's.
func (t *Task) carry(env *stages.Environment) {
	t.Workers, t.Memory, t.LogLevel = env.RemoteWorkers, env.Memory.Bytes(), int8(env.Log.GetLevel())
	t.Group, t.Build = store.Grouped(), version.Build()
}

// budgets are the memory of a worker's process: Task.Job → *memory.Budget.
var budgets sync.Map

// carried is the environment of a worker process, changed as the task says.
func (t Task) carried(env *stages.Environment) *stages.Environment {
	if t.Group {
		shareOnce()
	}
	return env.With(func(s *stages.Settings) {
		if t.Workers > 0 {
			s.Workers = t.Workers
		}
		budget, _ := budgets.LoadOrStore(t.Job, memory.New(t.Memory))
		s.Memory, s.Log = budget.(*memory.Budget), s.Log.Level(zerolog.Level(t.LogLevel))
	})
}
