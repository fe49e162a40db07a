package pipelines

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/guard"
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
	t.Run, t.Workers, t.Memory = rand.Text(), env.Workers, env.Memory.Bytes()
	p, err := Pipeline(env, t)
	if err != nil {
		return err
	}
	spec, _ := env.Lookup(t.Stage)
	if _, err := dataset.ResumeWriter(ctx, t.Out, spec.Out.Kind, t.Parts, t.Identity); err != nil {
		return err
	}
	defer t.begin(env)()
	defer env.Memory.Work()()
	return execute(ctx, runner, p)
}

// DryRun hands the pipeline to the runner without touching the store: runners
// that know --dry_run print the job they would submit.
func DryRun(ctx context.Context, env *stages.Environment, runner string, t Task) error {
	t.Workers, t.Memory = env.Workers, env.Memory.Bytes()
	p, err := Pipeline(env, t)
	if err != nil {
		return err
	}
	return execute(ctx, runner, p)
}

func execute(ctx context.Context, runner string, p *beam.Pipeline) error {
	var failure error
	err := guard.Do(fmt.Sprintf("beam runner %s", runner), func() error {
		_, failure = beam.Run(ctx, runner, p)
		return nil
	})
	if err != nil {
		return err
	}
	// A cancelled run answers with an error of any kind, or with none.
	if ctx.Err() != nil {
		return exit.With(exit.Interrupted, ctx.Err())
	}
	return exit.Unseal(failure)
}
