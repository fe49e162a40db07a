package runners

import (
	"context"
	"time"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/pipelines"
	"github.com/clinflow/clinflow/pipelines/engine"
	"github.com/clinflow/clinflow/stages"
)

// Level runs data steps that are ready together as one job of Beam's, and those of small
// inputs in this process.
type Level struct {
	Beam
	RemoteAbove int64         // bytes of inputs under which a step runs here; 0: none does
	Wait        time.Duration // for work of this process, see LevelRunner
}

// Patience implements LevelRunner.
func (l Level) Patience() time.Duration { return l.Wait }

// Joins implements LevelRunner. A detached job is found again by the name of its one
// step: the next run may have others to do.
func (l Level) Joins(ctx context.Context, job Job) bool {
	return !engine.Detached() && !l.small(ctx, job)
}

// Run implements StepRunner.
func (l Level) Run(ctx context.Context, job Job) error {
	if job.Stage.Shape != stages.ShapeJob && l.small(ctx, job) {
		return Beam{Runner: engine.Direct}.Run(ctx, job)
	}
	return l.Beam.Run(ctx, job)
}

// RunTogether implements LevelRunner.
func (l Level) RunTogether(ctx context.Context, jobs []Job) []error {
	errs := make([]error, len(jobs))
	var tasks []pipelines.Task
	var at []int
	for i, job := range jobs {
		in, err := stages.OpenInputs(ctx, job.Inputs)
		var task pipelines.Task
		if err == nil {
			task, err = dataTask(job, in)
		}
		if errs[i] = err; err == nil {
			tasks, at = append(tasks, task), append(at, i)
		}
	}
	if len(tasks) == 0 {
		return errs
	}
	for n, err := range l.together(ctx, jobs[0].Env, tasks) {
		errs[at[n]] = err
	}
	return errs
}

// small says whether a step's inputs are of fewer bytes than RemoteAbove. Where they
// cannot be looked at, its run will tell.
func (l Level) small(ctx context.Context, job Job) bool {
	if l.RemoteAbove == 0 {
		return false
	}
	bytes, err := inputBytes(ctx, job)
	return err == nil && bytes < l.RemoteAbove
}

// inputBytes is how much a step may read: of the tables that it reads, by their
// manifests, or of a source's files.
func inputBytes(ctx context.Context, job Job) (int64, error) {
	in, err := stages.OpenInputs(ctx, job.Inputs)
	if err != nil {
		return 0, err
	}
	if job.Stage.Shape == stages.ShapeSource {
		return rawBytes(ctx, job, in)
	}
	var total int64
	for _, port := range job.Stage.In {
		for _, d := range in[port.Name] {
			total += d.Manifest.Bytes(port.Tables...)
		}
	}
	return total, nil
}

func rawBytes(ctx context.Context, job Job, in stages.Inputs) (total int64, err error) {
	built, err := job.Stage.Build(job.Env, job.Config)
	if err != nil {
		return 0, err
	}
	files, err := built.(stages.Source).Files(ctx, in)
	for _, file := range files {
		dir, name, err := store.FolderOf(file.URI)
		if err != nil {
			return 0, err
		}
		info, err := dir.Stat(ctx, name)
		if err != nil {
			return 0, exit.With(exit.Usage, err)
		}
		total += info.Size
	}
	return total, err
}
