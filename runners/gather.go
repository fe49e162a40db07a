package runners

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/internal/guard"
	"github.com/clinflow/clinflow/stages"
)

// gather joins steps that are ready together. One job of them runs at a time: what gets
// ready meanwhile is in the next. A job begins when it is known of all that are ready
// whether they join, and work in this process has ended or lasts.
type gather struct {
	runner LevelRunner
	ctx    context.Context // of the run

	mu       sync.Mutex
	counted  map[string]*int // deciding or here, by step
	deciding int             // steps that may join yet
	here     int             // steps at work in this process, or about to be
	running  bool
	waiting  []*member
	timer    *time.Timer // of patience, from when a job could begin; nil: none could
	lasts    bool        // it has run out
}

// member is a step that is run with others.
type member struct {
	job   Job
	begin func() error  // is called when the job begins
	begun chan struct{} // closed then
	end   chan error
}

// ownFault is why a step failed while the run went on. The others of its job end with
// it, and their faults are no consequence of its own.
type ownFault struct{ error }

func (f ownFault) Unwrap() error { return f.error }

// joinable says whether a step may be run with others.
func joinable(step *dags.Step) bool { return step.Stage.Shape != stages.ShapeJob }

// ready counts steps of which nothing but themselves is left to do.
func (g *gather) ready(steps ...*dags.Step) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, step := range steps {
		count := &g.here // where a step may wait for long
		if joinable(step) {
			count = &g.deciding
		}
		g.move(step.Name, count)
	}
}

// stays counts a step among those that run in this process after all.
func (g *gather) stays(step string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.move(step, &g.here)
	g.check()
}

// over ends the counting of a step. Those that it made ready are counted already.
func (g *gather) over(step string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.move(step, nil)
	g.check()
}

func (g *gather) move(step string, to *int) {
	if from := g.counted[step]; from != nil {
		*from--
	}
	if g.counted[step] = to; to != nil {
		*to++
	}
}

// run waits until the step has been run with others.
func (g *gather) run(ctx context.Context, job Job, begin func() error) error {
	m := &member{job, begin, make(chan struct{}), make(chan error, 1)}
	g.mu.Lock()
	g.move(job.Step, nil)
	g.waiting = append(g.waiting, m)
	g.check()
	g.mu.Unlock()
	select {
	case <-m.begun:
	case <-ctx.Done():
		if g.withdraw(m) {
			return ctx.Err()
		}
	}
	return <-m.end
}

// withdraw takes a step back whose job has not begun.
func (g *gather) withdraw(m *member) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.waiting, m)
	if i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
	}
	return i >= 0
}

// check begins the job of the steps that wait, where it is time.
func (g *gather) check() {
	if len(g.waiting) == 0 || g.running || g.deciding > 0 {
		return
	}
	if g.here > 0 && !g.lasts {
		if g.timer == nil {
			g.timer = time.AfterFunc(g.runner.Patience(), g.impatient)
		}
		return
	}
	if g.timer != nil {
		g.timer.Stop()
	}
	g.timer, g.lasts, g.running = nil, false, true
	members := g.waiting
	g.waiting = nil
	for _, m := range members {
		close(m.begun)
	}
	go g.together(members)
}

func (g *gather) impatient() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lasts = g.timer != nil
	g.check()
}

func (g *gather) together(members []*member) {
	errs := g.runAll(members)
	running := g.ctx.Err() == nil
	g.mu.Lock()
	for _, m := range members {
		g.move(m.job.Step, &g.deciding) // until what it made ready is counted
	}
	g.running = false
	g.mu.Unlock()
	for i, m := range members {
		if errs[i] != nil && running {
			errs[i] = ownFault{errs[i]}
		}
		m.end <- errs[i]
	}
}

// runAll runs the steps whose begin could be noted.
func (g *gather) runAll(members []*member) []error {
	errs := make([]error, len(members))
	var jobs []Job
	var at []int
	for i, m := range members {
		if errs[i] = m.begin(); errs[i] == nil {
			jobs, at = append(jobs, m.job), append(at, i)
		}
	}
	for n, err := range g.guarded(jobs) {
		errs[at[n]] = err
	}
	return errs
}

// guarded runs the steps in the guard that each has by itself elsewhere.
func (g *gather) guarded(jobs []Job) (errs []error) {
	err := guard.Do("steps that run together", func() error {
		errs = g.runner.RunTogether(g.ctx, jobs)
		return nil
	})
	if err != nil {
		errs = slices.Repeat([]error{err}, len(jobs))
	}
	return errs
}
