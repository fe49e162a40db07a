package pipelines

import (
	"context"
	"crypto/rand"
	"errors"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/pipelines/engine"
	"github.com/clinflow/clinflow/stages"
)

// Pipeline builds the Beam pipeline of a task by its stage's shape. A job has
// none: exit.Usage.
func Pipeline(env *stages.Environment, t Task) (*beam.Pipeline, error) {
	spec, ok := env.Lookup(t.Stage)
	if !ok {
		return nil, exit.Errorf(exit.Usage, "stage %s is not registered", t.Stage)
	}
	p, s := beam.NewPipelineWithRoot()
	switch spec.Shape {
	case stages.ShapeSource:
		Source(s, t)
	case stages.ShapeMap:
		Map(s, t)
	case stages.ShapeReduce:
		Reduce(s, t)
	default:
		return nil, exit.Errorf(exit.Usage, "stage %s is a %s and runs without Beam", t.Stage, spec.Shape)
	}
	return p, nil
}

// Run prepares the output folder and runs the task on a Beam runner, in an
// environment. Parts, and scans of a source's files, that an earlier attempt finished are kept.
func Run(ctx context.Context, env *stages.Environment, runner string, t Task) error {
	err := guarded(t.place("look at its inputs"), func() (err error) {
		t.Identity, err = t.Identify(ctx, env)
		return err
	})
	if err != nil {
		return err
	}
	t.Run = rand.Text()
	t.carry(env)
	job := t.job(env)
	job.Prepare = func() error {
		spec, _ := env.Lookup(t.Stage) // the pipeline was built of it
		_, err := dataset.ResumeWriter(ctx, t.Out, spec.Out.Kind, t.Parts, t.Identity)
		return err
	}
	defer t.begin(env)()
	job.Revoke = t.revoke
	job.Counted = t.counted(t.meter(), env.Log)
	defer env.Memory.Work()()
	of := t.running()
	of.holds = runner == mergesHere
	switch err = engine.Run(ctx, runner, job); {
	case err == nil:
		err = t.outcome(ctx)
	case errors.Is(err, engine.ErrUnexplained):
		err = t.explain(ctx, err)
	}
	return of.letGo(err)
}

// DryRun prints the Dataflow job that would run the task, and does not touch the store.
func DryRun(ctx context.Context, env *stages.Environment, t Task) error {
	t.carry(env)
	return engine.DryRun(ctx, t.job(env))
}

// job is the task as a job of Beam's. Two runs may do the same work in two folders.
func (t Task) job(env *stages.Environment) engine.Job {
	return engine.Job{
		Step: t.Step, Decides: t.Identity + " " + t.Out, Log: env.Log,
		Pipeline: func() (*beam.Pipeline, error) { return Pipeline(env, t) },
	}
}
