package runners

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/outdir"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
)

// Acceptance is what Accept does of a step.
type Acceptance struct {
	Decision dags.Decision
	Accepted dags.Accepted // of a step that is current without it, nothing
}

// Accept takes outputs that are there as those of steps that would run, without running
// any, and tells the journal. All of the named steps are accepted or none is; a step that
// is current already is left as it is.
func Accept(ctx context.Context, env *stages.Environment, d *dags.DAG, names []string, o Options) ([]Acceptance, error) {
	dir, err := store.Open(o.Out)
	if err == nil {
		_, err = journals(ctx, dir) // a mistyped folder holds nothing to accept, and is not made
	}
	if err != nil {
		return nil, err
	}
	out, err := outdir.Prepare(o.Out, runsFolder, stepsFolder, cacheFolder)
	if err != nil {
		return nil, err
	}
	ctx, unlock, err := lock(ctx, out)
	if err != nil {
		return nil, err
	}
	defer unlock()
	planner, err := dags.NewPlanner(ctx, env, out)
	if err != nil {
		return nil, err
	}
	all, err := acceptable(ctx, planner, d, out, names)
	if err != nil {
		return nil, err
	}
	err = errors.Join(noteAccepted(ctx, planner, d, out, all, o), planner.Save(context.WithoutCancel(ctx)))
	return all, err
}

// acceptable finds what is to stand for each of the named steps. What needs them takes
// that for made.
func acceptable(ctx context.Context, planner *dags.Planner, d *dags.DAG, out store.Dir, names []string) (all []Acceptance, err error) {
	_, err = d.PlanWith(ctx, planner, func(decision *dags.Decision) error {
		if !slices.Contains(names, decision.Step.Name) {
			return nil
		}
		a := Acceptance{Decision: *decision}
		if !decision.State.There() {
			if a.Accepted, err = planner.Acceptable(ctx, *decision); err != nil {
				return exit.Errorf(exit.Usage, "cannot be accepted: %w", err)
			}
			decision.State, decision.URI = dags.StateAccepted, out.Sub(stepsFolder+"/"+a.Accepted.Output).URI()
		}
		all = append(all, a)
		return nil
	})
	return all, err
}

// noteAccepted writes the journal, then the marks that runs go by.
func noteAccepted(ctx context.Context, planner *dags.Planner, d *dags.DAG, out store.Dir, all []Acceptance, o Options) error {
	if !slices.ContainsFunc(all, func(a Acceptance) bool { return a.Accepted.Output != "" }) {
		return nil
	}
	journal, err := startJournal(ctx, out, o.Notify)
	if err != nil {
		return err
	}
	defer journal.Close()
	start := time.Now()
	if err := journal.Write(Event{Kind: RunStarted, DAG: d.Name, File: d.File, Revision: o.Revision, Steps: outlines(d)}); err != nil {
		return err
	}
	for _, a := range all {
		if a.Accepted.Output == "" {
			continue
		}
		if err := noteOne(ctx, planner, journal, a); err != nil {
			return errors.Join(err, journal.Write(Event{Kind: RunEnded, Outcome: OutcomeFailed, Seconds: time.Since(start).Seconds(), Error: err.Error()}))
		}
	}
	return journal.Write(Event{Kind: RunEnded, Outcome: OutcomeAccepted, Seconds: time.Since(start).Seconds()})
}

func noteOne(ctx context.Context, planner *dags.Planner, journal *Journal, a Acceptance) error {
	a.Accepted.Run = journal.run
	if err := journal.Write(acceptedEvent(a.Decision, a.Accepted)); err != nil {
		return err
	}
	if err := planner.Accept(ctx, a.Decision, a.Accepted); err != nil {
		return fmt.Errorf("step %s: %w", a.Decision.Step.Name, err)
	}
	return nil
}

// acceptedEvent tells of a step for which another output stands; the fingerprint is that
// output's.
func acceptedEvent(d dags.Decision, a dags.Accepted) Event {
	return Event{
		Kind: StepAccepted, Step: d.Step.Name, Stage: d.Step.Stage.Name,
		Fingerprint: strings.TrimPrefix(a.Output, d.Step.Name+"-"), Reasons: []string{a.String()},
	}
}

// forcedIn names the steps that run again though their output is there.
func forcedIn(d *dags.DAG) (names []string) {
	for _, step := range d.Steps {
		if step.Forced {
			names = append(names, step.Name)
		}
	}
	return names
}
