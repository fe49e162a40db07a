package runners

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/guard"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
)

// execution is one run of a DAG's steps.
type execution struct {
	env     *stages.Environment
	dag     *dags.DAG
	runner  StepRunner
	planner *dags.Planner
	out     store.Dir
	journal *Journal
	o       Options
	slots   chan struct{}
	ready   map[string]chan struct{} // closed when the step's output is in made
	gather  *gather                  // nil: the runner runs each step by itself
	memory  *residence
	far     *teller
	marked  bool // what is forced: a later run knows of it

	mu   sync.Mutex
	made map[string]*dataset.Dataset
	done map[string]bool
}

func newExecution(ctx context.Context, env *stages.Environment, d *dags.DAG, runner StepRunner, planner *dags.Planner, out store.Dir, journal *Journal, o Options) *execution {
	x := &execution{
		env: env.With(func(s *stages.Settings) { s.Digester, s.Run = planner.Digest, journal.run }), dag: d, runner: runner, planner: planner, out: out, journal: journal, o: o,
		slots: make(chan struct{}, max(1, o.Workers)),
		far:   newTeller(ctx, out, journal.run, env.Log),
		ready: map[string]chan struct{}{}, made: map[string]*dataset.Dataset{}, done: map[string]bool{},
	}
	for _, step := range d.Steps {
		x.ready[step.Name] = make(chan struct{})
	}
	return x
}

func (x *execution) run(ctx context.Context) error {
	e := Event{
		Kind: RunStarted, DAG: x.dag.Name, File: x.dag.File,
		Runner: x.o.Runner, Revision: x.o.Revision, Workers: x.o.Workers, Steps: outlines(x.dag), Forced: forcedIn(x.dag),
	}
	if by := x.o.Scheduled; by != nil {
		e.Scheduled, e.Attempt = by.Run, by.Attempt
	}
	err := x.journal.Write(e)
	if err = errors.Join(err, x.o.Refused); err != nil {
		return err
	}
	if err := x.given(ctx); err != nil {
		return err
	}
	if err := x.planner.MarkForced(ctx, x.dag, x.journal.run); err != nil {
		return err
	}
	x.marked = true
	x.memory = watchMemory()
	defer x.memory.stop()
	group, ctx := errgroup.WithContext(ctx)
	if level, ok := x.runner.(LevelRunner); ok {
		x.gather = &gather{runner: level, ctx: ctx, counted: map[string]*int{}}
		x.gather.ready(x.begins("")...)
	}
	for _, step := range x.dag.Steps {
		group.Go(func() error {
			return guard.Do("step "+step.Name, func() error { return x.step(ctx, step) })
		})
	}
	return group.Wait()
}

// given refuses, before any step begins, a run that needs what it is not to make and what
// is not there.
func (x *execution) given(ctx context.Context) error {
	if !slices.ContainsFunc(x.dag.Steps, func(s *dags.Step) bool { return s.Given }) {
		return nil
	}
	plan, err := x.dag.Plan(ctx, x.planner)
	var missing []string
	for _, d := range plan.Steps {
		if d.State == dags.StateMissing {
			missing = append(missing, fmt.Sprintf("step %s: %v", d.Step.Name, notGiven(d)))
		}
	}
	if err != nil || len(missing) == 0 {
		return err
	}
	return exit.Errorf(exit.Usage, "%s\nwith --only the run does not make what it needs: run it first, or leave out --only", strings.Join(missing, "\n"))
}

// step waits for its inputs and a free slot, then runs or is skipped.
func (x *execution) step(ctx context.Context, step *dags.Step) error {
	for _, up := range step.Upstream() {
		if err := wait(ctx, x.ready[up]); err != nil {
			return err
		}
	}
	if x.gather == nil || !joinable(step) {
		if err := x.slot(ctx); err != nil {
			return err
		}
		defer func() { <-x.slots }()
	}
	if err := x.settle(ctx, step); err != nil {
		return fmt.Errorf("step %s: %w", step.Name, err)
	}
	if x.gather != nil {
		x.gather.ready(x.begins(step.Name)...)
		x.gather.over(step.Name)
	}
	close(x.ready[step.Name])
	return nil
}

// slot waits until a step may be at work in this process.
func (x *execution) slot(ctx context.Context) error {
	select {
	case x.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// begins notes that a step is done and returns the steps that waited for it alone; ""
// is before the first.
func (x *execution) begins(done string) (next []*dags.Step) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.done[done] = true
	waits := func(up string) bool { return !x.done[up] }
	for _, step := range x.dag.Steps {
		ups := step.Upstream()
		if !slices.ContainsFunc(ups, waits) && (slices.Contains(ups, done) || done == "" && len(ups) == 0) {
			next = append(next, step)
		}
	}
	return next
}

func wait(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
