package runners

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/pipelines/engine"
	"github.com/clinflow/clinflow/stages"
)

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
		return x.failed(ctx, e, start, x.damagedBy(err))
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

// damagedBy names the step whose output is damaged, where that is why another failed.
func (x *execution) damagedBy(err error) error {
	if exit.Of(err) != exit.BadData {
		return err
	}
	made := x.outputs()
	for _, name := range slices.Sorted(maps.Keys(made)) {
		if strings.Contains(err.Error(), made[name].URI()+"/") {
			return fmt.Errorf("%w; --force %s makes it anew", err, name)
		}
	}
	return err
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
