package runners

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	// Beam's runners and its bucket store register themselves.
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/x/beamx"
	"golang.org/x/sync/semaphore"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/guard"
	"github.com/clinflow/clinflow/pipelines"
	"github.com/clinflow/clinflow/pipelines/engine"
	"github.com/clinflow/clinflow/stages"
)

// Beam runs sources, maps and reduces on one of Beam's runners and jobs in this
// process, each step by itself.
type Beam struct {
	Runner string // Beam's name for it: direct, prism, dataflow, …
}

// Run implements StepRunner.
func (b Beam) Run(ctx context.Context, job Job) error {
	in, err := stages.OpenInputs(ctx, job.Inputs)
	if err != nil {
		return err
	}
	if job.Stage.Shape == stages.ShapeJob {
		return inProcess(ctx, job, in)
	}
	task, err := dataTask(job, in)
	if err != nil {
		return err
	}
	return b.together(ctx, job.Env, []pipelines.Task{task})[0]
}

// together runs tasks as one job of Beam's.
func (b Beam) together(ctx context.Context, env *stages.Environment, tasks []pipelines.Task) []error {
	if b.Runner == engine.Prism {
		if err := prism.Acquire(ctx, 1); err != nil {
			return slices.Repeat([]error{exit.With(exit.Interrupted, err)}, len(tasks))
		}
		defer prism.Release(1)
	}
	return pipelines.RunTogether(ctx, env, b.Runner, tasks)
}

// dataTask is the task of a step that is no job.
func dataTask(job Job, in stages.Inputs) (pipelines.Task, error) {
	parts := job.Stage.InputParts(in)
	if job.Stage.Shape == stages.ShapeSource {
		built, err := job.Stage.Build(job.Env, job.Config)
		if err != nil {
			return pipelines.Task{}, err
		}
		parts = built.(stages.Source).Parts()
	}
	if parts == 0 {
		return pipelines.Task{}, exit.Errorf(exit.Failed, "stage %s has no parts to work on; say of the port whose parts they are that it is Sharded", job.Stage.Name)
	}
	return taskOf(job, parts)
}

// prism lets one step at a time have Beam's runner of this name: all of a process have
// one server, which keeps their files in a map without a lock (Beam 2.77,
// jobservices/artifact.go).
var prism = semaphore.NewWeighted(1)

func taskOf(job Job, parts int) (pipelines.Task, error) {
	header, err := json.Marshal(job.Header)
	if err != nil {
		return pipelines.Task{}, fmt.Errorf("write the manifest header: %w", err)
	}
	return pipelines.Task{
		Step: job.Step, Stage: job.Stage.Name, Version: job.Stage.Version, Config: string(job.Config),
		In: job.Inputs, Out: job.Out, Parts: parts, Header: string(header),
	}, nil
}

// inProcess runs a job on this machine. What it has finished is committed though
// the run was interrupted meanwhile, or another step failed.
func inProcess(ctx context.Context, job Job, in stages.Inputs) error {
	built, err := job.Stage.Build(job.Env, job.Config)
	if err != nil {
		return err
	}
	parts := job.Stage.OutputParts(in)
	task, err := taskOf(job, parts)
	if err != nil {
		return err
	}
	identity, err := task.Identify(ctx, job.Env)
	if err != nil {
		return err
	}
	out, err := dataset.NewWriter(ctx, job.Out, job.Stage.Out.Kind, parts)
	if err != nil {
		return err
	}
	out.Remember(identity)
	if err := out.SetTables(job.Stage.Out.Tables...); err != nil {
		return err
	}
	err = guard.Do("stage "+job.Stage.Name, func() error {
		return built.(stages.Job).Run(ctx, in, out)
	})
	if err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	if err := stages.SetAttributes(ctx, built, in, out); err != nil {
		return err
	}
	return out.Commit(ctx, job.Header, nil)
}
