package runners

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/guard"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/pipelines/engine"
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

// settle sees to it that the step's output is there. Its fingerprint is taken
// now, as its inputs are known only now.
func (x *execution) settle(ctx context.Context, step *dags.Step) error {
	decision, err := x.planner.Decide(ctx, step, step.Bind(x.outputs()))
	if err != nil {
		return x.failed(ctx, Event{Step: step.Name, Stage: step.Stage.Name}, time.Now(), err)
	}
	e := Event{Step: step.Name, Stage: step.Stage.Name, Fingerprint: decision.Fingerprint, Reasons: decision.Reasons}
	if decision.State == dags.StateMissing {
		return x.failed(ctx, e, time.Now(), notGiven(decision))
	}
	if decision.State.There() {
		e.Kind, e.Reasons = StepSkipped, []string{"its output is there: same stage, configuration and inputs"}
		if decision.Accepted != nil {
			e = acceptedEvent(decision, *decision.Accepted)
		}
		if err := x.keep(ctx, step, decision.URI, &e); err != nil {
			return x.failed(ctx, e, time.Now(), err)
		}
		return x.journal.Write(e)
	}
	return x.runAndNote(ctx, decision, e)
}

// notGiven says of a step that must be there already why it is not.
func notGiven(d dags.Decision) error {
	return exit.Errorf(exit.Usage, "it is needed and its output is not there: %s", strings.Join(d.Reasons, "; "))
}

// runAndNote runs a step and writes its begin and its end to the journal.
func (x *execution) runAndNote(ctx context.Context, decision dags.Decision, e Event) error {
	start := time.Now()
	err := x.runJob(ctx, decision, func() error {
		started := e
		started.Kind, start = StepStarted, time.Now()
		x.memory.begin(e.Step)
		return x.journal.Write(started)
	})
	if peak := x.memory.end(e.Step); !engine.Elsewhere(x.o.Runner) || decision.Step.Stage.Shape == stages.ShapeJob {
		e.PeakMemory = peak
	}
	whole := context.WithoutCancel(ctx) // what is finished is kept though the run ends
	if err == nil {
		err = x.checkInputs(whole, decision)
	}
	if err == nil {
		err = x.keep(whole, decision.Step, decision.URI, &e)
	}
	if err != nil {
		return x.failed(ctx, e, start, err)
	}
	e.Kind, e.Reasons, e.Seconds = StepDone, nil, time.Since(start).Seconds()
	return x.journal.Write(e)
}

// outputName is the name in the output folder of what a decision is on.
func outputName(d dags.Decision) string { return dags.OutputName(d.Step.Name, d.Fingerprint) }

// runJob runs the step. An output that is to be made again, or what a killed run
// finished of it, is removed first.
func (x *execution) runJob(ctx context.Context, decision dags.Decision, begin func() error) error {
	output := outputName(decision)
	if err := ownFiles(x.out, output); err != nil {
		return err
	}
	if decision.Anew {
		if err := discard(ctx, x.out, output); err != nil {
			return fmt.Errorf("remove the earlier output: %w", err)
		}
	}
	if err := x.planner.Unmark(ctx, decision); err != nil {
		return fmt.Errorf("remove the marks of the earlier output: %w", err)
	}
	job := x.jobOf(decision)
	if x.gather != nil && joinable(decision.Step) {
		if x.gather.runner.Joins(ctx, job) {
			return x.gather.run(ctx, job, begin)
		}
		x.gather.stays(job.Step)
		if err := x.slot(ctx); err != nil {
			return err
		}
		defer func() { <-x.slots }()
	}
	if err := begin(); err != nil {
		return err
	}
	return x.runner.Run(ctx, job)
}

// checkInputs takes away the name of an output whose input files changed while it
// was made: its fingerprint is of what they were.
func (x *execution) checkInputs(ctx context.Context, decision dags.Decision) error {
	changed, err := x.planner.Changed(ctx, decision, decision.Step.Bind(x.outputs()))
	if changed != "" {
		err = exit.Errorf(exit.Retry, "the input %s changed while the step read it; run again when nothing writes to it", changed)
	}
	if err == nil {
		return nil
	}
	if decision.Step.Stage.Shape != stages.ShapeJob {
		return errors.Join(err, discard(ctx, x.out, outputName(decision)))
	}
	// A job may have been at work for days.
	aside, moved := setAside(ctx, x.out, outputName(decision))
	if moved != nil {
		return errors.Join(err, moved)
	}
	return fmt.Errorf("%w; what it made of the input is set aside in %s", err, aside)
}

func (x *execution) jobOf(d dags.Decision) Job {
	inputs := map[string][]string{}
	for port, datasets := range d.Step.Bind(x.outputs()) {
		for _, dataset := range datasets {
			inputs[port] = append(inputs[port], dataset.URI())
		}
	}
	env := x.env.With(func(s *stages.Settings) { s.Progress = x.far.of(d.Step.Name, x.isStep, s.Progress) })
	return Job{
		Step: d.Step.Name, Env: env, Stage: d.Step.Stage, Config: d.Step.Config, Inputs: inputs, Out: d.URI,
		Header: dataset.Manifest{
			Stage: d.Identity.Stage, StageVersion: d.Identity.Version, Config: d.Identity.Config,
			Inputs: d.Identity.Inputs, Kernel: d.Identity.Kernel, Revision: x.o.Revision,
		},
	}
}

func (x *execution) isStep(name string) bool {
	_, ok := x.ready[name]
	return ok
}

// keep opens a step's output for the steps after it and notes its counts.
func (x *execution) keep(ctx context.Context, step *dags.Step, uri string, e *Event) error {
	dataset, err := dataset.Open(ctx, uri)
	if err != nil {
		return fmt.Errorf("open the output: %w", err)
	}
	e.Counts = smallcell.Counts(dataset.Manifest.Counts, x.o.ShowSmallCells)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.made[step.Name] = dataset
	return nil
}

// outputs is a copy of what has been made so far.
func (x *execution) outputs() map[string]*dataset.Dataset {
	x.mu.Lock()
	defer x.mu.Unlock()
	return maps.Clone(x.made)
}

// failed notes a step's end without output. A step that ends because another
// failed, or the run was interrupted, is cancelled.
func (x *execution) failed(ctx context.Context, e Event, start time.Time, err error) error {
	e.Kind, e.Reasons, e.Seconds, e.Error = StepFailed, nil, time.Since(start).Seconds(), err.Error()
	if ctx.Err() != nil && !errors.As(err, new(ownFault)) {
		e.Kind, e.Error = StepCancelled, ""
	}
	return errors.Join(err, x.journal.Write(e))
}
