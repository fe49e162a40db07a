// Package engine hands a Beam pipeline to one of Beam's runners as a job, follows it,
// and cancels it with the run that waits for it. Beam's own runners only stop listening
// there, and take a cancelled job for a finished one.
package engine

import (
	"context"
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"
	"github.com/rs/zerolog"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/guard"
)

// Job is a pipeline that runs as one job.
type Job struct {
	Step    string                                  // that it does, for its name
	Decides string                                  // all that decides its output: a running job of the same is waited for
	Earlier func(context.Context) ([]string, error) // names the jobs that earlier runs began for its outputs; may be nil
	// Pipeline is called before a new job begins, and not for one that is found running;
	// with its name, if it outlives this process. nil: nothing is left to do.
	Pipeline func(name string) (*beam.Pipeline, error)
	Counted  func(Counters)              // is told now and then what workers have counted, and at the end; may be nil
	Revoke   func(context.Context) error // tells workers that a job is cancelled, whatever its engine does; may be nil
	Log      zerolog.Logger
}

// service is what an engine can be asked of its jobs.
type service interface {
	// find is the id of the job of that name which has not ended; "": there is none.
	find(ctx context.Context, name string) (id string, err error)
	// start returns the new job's id. A job is not left half begun by the end of ctx.
	start(ctx context.Context, p *beam.Pipeline, name string) (id string, err error)
	// watch tells what happens to a job until it has ended.
	watch(ctx context.Context, id string, tell func(event)) error
	// counters are nil where nobody counts.
	counters(ctx context.Context, id string) (Counters, error)
	cancel(ctx context.Context, id string) error
	close()
}

// event is a change of a job's state, or what its engine says of it.
type event struct {
	state      jobpb.JobState_Enum
	importance jobpb.JobMessage_MessageImportance
	text       string // "": the state has changed
}

// Run runs a job on a runner, or waits for the job of its name that is running
// already. Before a new one begins, those that earlier runs left for its outputs have
// ended. runner is one of Names.
func Run(ctx context.Context, runner string, j Job) error {
	if runner == Direct {
		return direct(ctx, j)
	}
	s, err := open(ctx, runner)
	if err != nil {
		return interrupted(ctx, err)
	}
	defer s.close()
	name := Name(givenName(), j.Step, j.Decides)
	earlier, err := j.earlier(ctx)
	if err != nil {
		return interrupted(ctx, err)
	}
	id, err := s.find(ctx, name)
	if err != nil {
		return interrupted(ctx, fmt.Errorf("look for the job %s: %w", name, err))
	}
	if id != "" {
		j.Log.Info().Str("job", id).Msg("its job is running already; waiting for it")
		return follow(ctx, s, id, j)
	}
	if err := awaitAll(ctx, s, earlier, j); err != nil {
		return err
	}
	p, err := j.Pipeline(recorded(runner, name))
	if err != nil || p == nil {
		return err
	}
	if id, err = s.start(ctx, p, name); err != nil {
		return interrupted(ctx, fmt.Errorf("submit the job %s: %w", name, err))
	}
	if runner != Prism {
		// Airflow's operator reads the id from this line, as Beam words it.
		j.Log.Info().Msg("Submitted job: " + id)
	}
	return follow(ctx, s, id, j)
}

// recorded is the name of a job that later runs may find; "": it ends with this process.
func recorded(runner, name string) string {
	if outlives(runner) {
		return name
	}
	return ""
}

// open connects to a runner's job service.
func open(ctx context.Context, runner string) (service, error) {
	switch runner {
	case Dataflow:
		return openDataflow(ctx)
	case Prism:
		return openPrism(ctx)
	case Flink:
		s, err := openPortable(ctx)
		return onFlink{s}, err
	default:
		return openPortable(ctx)
	}
}

// DryRun has Dataflow's runner, which was told --dry_run, print the job that it would
// submit.
func DryRun(ctx context.Context, j Job) error {
	p, err := j.Pipeline("")
	if err != nil {
		return err
	}
	submitting.Lock()
	defer submitting.Unlock()
	defer submitAs(Name(givenName(), j.Step, j.Decides))()
	return guard.Do("beam runner dataflow", func() error {
		_, err := beam.Run(ctx, Dataflow, p)
		return err
	})
}

// direct runs the job in this process. Beam's direct runner has no job service.
func direct(ctx context.Context, j Job) error {
	p, err := j.Pipeline("")
	if err != nil {
		return err
	}
	var failure error
	err = guard.Do("beam runner direct", func() error {
		_, failure = beam.Run(ctx, Direct, p)
		return nil
	})
	if err != nil {
		return err
	}
	return interrupted(ctx, exit.Unseal(failure))
}

// interrupted is err, marked where the run was: then it may be of any kind, or none.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return exit.With(exit.Interrupted, ctx.Err())
	}
	return err
}
