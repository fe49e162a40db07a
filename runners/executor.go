package runners

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/outdir"
	"github.com/clinflow/clinflow/internal/store"
)

// Execute runs the steps of a DAG whose output is not there yet, then publishes.
// It goes on where an earlier run ended. The first failure cancels the rest.
func Execute(ctx context.Context, d *dags.DAG, runner StepRunner, o Options) error {
	out, err := outdir.Prepare(o.Out, runsFolder, stepsFolder, cacheFolder)
	if err != nil {
		return err
	}
	unlock, err := lock(out)
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
	dir, err := store.Open(out)
	if err != nil {
		return err
	}
	planner, err := dags.NewPlanner(ctx, dir)
	if err != nil {
		return err
	}
	if err := mayPublish(ctx, dir, d); err != nil {
		return err
	}
	journal, err := startJournal(out, o.Notify)
	if err != nil {
		return err
	}
	defer journal.Close()
	x := newExecution(d, runner, planner, journal, o)
	start := time.Now()
	err = x.run(ctx)
	if err == nil {
		err = publish(ctx, dir, d, x.made, journal)
	}
	return errors.Join(end(ctx, journal, start, err, o.Again), planner.Save(context.WithoutCancel(ctx)))
}

// end writes how the run ended and gives its error its last form: the exit code
// of an interruption, and what to type to go on.
func end(ctx context.Context, journal *Journal, start time.Time, err error, again string) error {
	e := Event{Kind: RunEnded, Outcome: OutcomeDone, Seconds: time.Since(start).Seconds()}
	switch {
	case err == nil:
	case ctx.Err() != nil:
		err = exit.Errorf(exit.Interrupted, "interrupted; finished steps are kept")
		e.Outcome = OutcomeInterrupted
	default:
		e.Outcome, e.Error = OutcomeFailed, err.Error()
	}
	if err != nil && again != "" {
		err = fmt.Errorf("%w\nto go on from here: %s", err, again)
	}
	return errors.Join(err, journal.Write(e))
}
