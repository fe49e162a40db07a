// Package runners says where a DAG runs: it executes plans, keeps the journal
// of runs, and hands single stages to Beam's runners.
package runners

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/outdir"
	"github.com/clinflow/clinflow/stages"
)

// Job is one step ready to run.
type Job struct {
	Step   string
	Env    *stages.Environment // that the stage is made in
	Stage  stages.Spec
	Config json.RawMessage     // resolved, for Stage.Build
	Inputs map[string][]string // URIs of the datasets by port
	Out    string              // URI of the dataset to write
	// Header is what the output's manifest has to say of its making: stage,
	// version, configuration without paths, input digests, kernel, revision.
	Header dataset.Manifest
}

// StepRunner runs one step to its committed output, or leaves none. Several
// steps run at once.
type StepRunner interface {
	Run(ctx context.Context, job Job) error
}

// LevelRunner is a StepRunner to which several steps can be one job: an engine takes
// longer to begin a job than many a step takes.
type LevelRunner interface {
	StepRunner
	// Joins says whether a step, which is no job of this process, is run with others.
	Joins(ctx context.Context, job Job) bool
	// RunTogether runs steps that do not need each other's outputs. The errors are
	// those of the steps; what is finished of one is kept though another fails.
	RunTogether(ctx context.Context, jobs []Job) []error
	// Patience is how long a job waits for work in this process, at the end of which
	// other steps may join it.
	Patience() time.Duration
}

// Options say how a DAG is run.
type Options struct {
	Out      string      // output folder
	Workers  int         // steps that may run side by side, at least 1
	Runner   string      // name of the runner, for the journal
	Revision string      // of the code, for manifests and the journal
	Again    string      // the command to type to go on after a failure
	Rest     string      // that command without what is forced: what is left of it later runs know
	Notify   func(Event) // told every event as it is written to the journal; may be nil
	Refused  error       // why no step may run: what was found of the inputs; nil: nothing was

	Scheduled      *Scheduled // nil: a person or a program began the run
	ShowSmallCells bool       // the journal tells counts that smallcell hides
}

// Execute runs the steps of a DAG in an environment, those whose output is not there
// yet, then publishes.
// It goes on where an earlier run ended. The first failure cancels the rest.
func Execute(ctx context.Context, env *stages.Environment, d *dags.DAG, runner StepRunner, o Options) error {
	out, err := outdir.Prepare(o.Out, runsFolder, stepsFolder, cacheFolder)
	if err != nil {
		return err
	}
	ctx, unlock, err := enter(ctx, out, o.Scheduled)
	if err != nil {
		return err
	}
	defer unlock()
	if err := removeLeftovers(ctx, out, d); err != nil {
		return fmt.Errorf("remove what a killed run left: %w", err)
	}
	remove, err := ownTemporaries(out)
	if err != nil {
		return err
	}
	defer remove()
	planner, err := dags.NewPlanner(ctx, env, out)
	if err != nil {
		return err
	}
	if err := mayPublish(ctx, out, d); err != nil {
		return err
	}
	journal, err := startJournal(ctx, out, o.Notify)
	if err != nil {
		return err
	}
	defer journal.Close()
	x := newExecution(ctx, env, d, runner, planner, out, journal, o)
	start := time.Now()
	err = x.run(ctx)
	x.far.end()
	if err == nil {
		err = publish(ctx, out, d, x.made, journal)
	}
	again := o.Again
	if x.marked && o.Rest != "" {
		again = o.Rest
	}
	return errors.Join(end(ctx, journal, start, err, again), planner.Save(context.WithoutCancel(ctx)))
}

// end writes how the run ended and gives its error its last form: the exit code
// of an interruption, and what to type to go on.
func end(ctx context.Context, journal *Journal, start time.Time, err error, again string) error {
	e := Event{Kind: RunEnded, Outcome: OutcomeDone, Seconds: time.Since(start).Seconds()}
	switch {
	case err == nil:
	case errors.Is(context.Cause(ctx), exit.Retry): // the lock was lost
		err = context.Cause(ctx)
		e.Outcome, e.Error = OutcomeFailed, err.Error()
	case ctx.Err() != nil:
		err = exit.Errorf(exit.Interrupted, "interrupted; finished steps are kept")
		e.Outcome = OutcomeInterrupted
	default:
		e.Outcome, e.Error = OutcomeFailed, err.Error()
	}
	if err != nil && again != "" {
		err = fmt.Errorf("%w\nto go on from here: %s", err, again)
	}
	e.ExitCode = int(exit.Of(err))
	return errors.Join(err, journal.Write(e))
}
