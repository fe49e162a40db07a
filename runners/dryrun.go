package runners

import (
	"context"
	"fmt"
	"strings"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/pipelines"
	"github.com/clinflow/clinflow/stages"
)

// DryRun builds the Beam pipeline of every step that has one and hands it to a
// runner that was told --dry_run, which prints the job it would submit. Nothing
// is read or written: outputs that are not there yet go by their step's name.
func DryRun(ctx context.Context, env *stages.Environment, d *dags.DAG, runner, out string) error {
	if err := CheckRemote(d, runner, out); err != nil {
		return err
	}
	for _, step := range d.Steps {
		if step.Stage.Shape == stages.ShapeJob {
			continue
		}
		task, err := taskOf(unmade(step, out), step.Parts)
		if err != nil {
			return err
		}
		if err := pipelines.DryRun(ctx, env, runner, task); err != nil {
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

// Remote says whether a runner's workers are on other machines, which see other
// paths.
func Remote(runner string) bool { return strings.HasPrefix(strings.ToLower(runner), "dataflow") }

// CheckRemote refuses local paths for a runner whose workers cannot see them.
func CheckRemote(d *dags.DAG, runner, out string) error {
	if !Remote(runner) {
		return nil
	}
	var local []string
	if !strings.Contains(out, "://") {
		local = append(local, "--out "+out)
	}
	for _, step := range d.Steps {
		for _, path := range step.Paths {
			if !strings.Contains(path.Value, "://") {
				local = append(local, fmt.Sprintf("steps.%s.with.%s: %s", step.Name, path.Key, path.Value))
			}
		}
	}
	if len(local) > 0 {
		return exit.Errorf(exit.Usage, "the workers of %s cannot read paths of this machine:\n  %s\ngive gs:// paths", runner, strings.Join(local, "\n  "))
	}
	return nil
}
