package runners

import (
	"context"
	"fmt"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/pipelines"
	"github.com/clinflow/clinflow/stages"
)

// DryRun builds the Beam pipeline of every step that has one and hands it to Dataflow's
// runner, which was told --dry_run and prints the job that it would submit. Nothing
// is read or written: outputs that are not there yet go by their step's name.
func DryRun(ctx context.Context, env *stages.Environment, d *dags.DAG, out string) error {
	for _, step := range d.Steps {
		if step.Stage.Shape == stages.ShapeJob || step.Given {
			continue
		}
		task, err := taskOf(unmade(step, out), step.Parts)
		if err != nil {
			return err
		}
		if err := pipelines.DryRun(ctx, env, task); err != nil {
			return fmt.Errorf("step %s: %w", step.Name, err)
		}
	}
	return nil
}

// unmade is a step's job before any fingerprint is known.
func unmade(step *dags.Step, out string) Job {
	job := Job{Step: step.Name, Stage: step.Stage, Config: step.Config, Inputs: map[string][]string{}, Out: out + "/steps/" + step.Name}
	for port, refs := range step.In {
		for _, ref := range refs {
			job.Inputs[port] = append(job.Inputs[port], out+"/steps/"+ref.Step)
		}
	}
	return job
}
