package pipelines

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/pipelines/engine"
	"github.com/clinflow/clinflow/stages"
)

// Pipeline builds the Beam pipeline of tasks, each by its stage's shape in a scope of its
// own. A job has none: exit.Usage.
func Pipeline(env *stages.Environment, tasks ...Task) (*beam.Pipeline, error) {
	p, s := beam.NewPipelineWithRoot()
	for _, t := range tasks {
		spec, ok := env.Lookup(t.Stage)
		if !ok {
			return nil, exit.Errorf(exit.Usage, "stage %s is not registered", t.Stage)
		}
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
	}
	return p, nil
}

// Run prepares the output folder and runs the task on a Beam runner, in an
// environment. Parts, and scans of a source's files, that an earlier attempt finished are kept.
func Run(ctx context.Context, env *stages.Environment, runner string, t Task) error {
	return RunTogether(ctx, env, runner, []Task{t})[0]
}

// RunTogether is Run for tasks that do not need each other's outputs: they are one job
// of Beam's, and each has its own output, manifest and faults. The errors are those of
// the tasks; nil is one whose output is whole.
func RunTogether(ctx context.Context, env *stages.Environment, runner string, tasks []Task) []error {
	j := &joint{env: env, tasks: make([]Task, len(tasks)), errs: make([]error, len(tasks)), begun: make([]bool, len(tasks))}
	together := rand.Text()
	for i, t := range tasks {
		t.Job = together
		j.errs[i] = j.take(ctx, i, t)
	}
	defer env.Memory.Work()()
	if job := j.job(ctx, runner); len(j.at) > 0 {
		j.end(ctx, engine.Run(ctx, runner, job))
	}
	return j.errs
}

// joint is the work of tasks in one job.
type joint struct {
	env   *stages.Environment
	tasks []Task
	errs  []error
	at    []int    // the tasks that are in the job
	begun []bool   // whether the output is, by this run or an earlier one
	done  []func() // what ends with it
}

// take takes a task in whose inputs are as they should be.
func (j *joint) take(ctx context.Context, i int, t Task) error {
	err := guarded(t.place("look at its inputs"), func() (err error) {
		t.Identity, err = t.Identify(ctx, j.env)
		return err
	})
	if err != nil {
		return err
	}
	t.Run = rand.Text()
	t.carry(j.env)
	j.tasks[i], j.at = t, append(j.at, i)
	j.done = append(j.done, t.begin(j.env))
	return nil
}

// job is the tasks as a job of Beam's. Two runs may do the same work in two folders.
func (j *joint) job(ctx context.Context, runner string) engine.Job {
	var steps, decides []string
	var counted []func(engine.Counters)
	for _, i := range j.at {
		t := j.tasks[i]
		t.running().holds = runner == mergesHere
		steps, decides = append(steps, t.Step), append(decides, t.decides())
		counted = append(counted, t.counted(t.meter(), j.env.Log))
	}
	return engine.Job{
		Step: strings.Join(steps, " "), Decides: strings.Join(decides, "\n"), Log: j.env.Log,
		Earlier:  j.earlier,
		Pipeline: func(name string) (*beam.Pipeline, error) { return j.prepare(ctx, name) },
		Revoke:   j.revoke,
		Counted: func(c engine.Counters) {
			for _, tell := range counted {
				tell(c)
			}
		},
	}
}

// decides is all that decides a task's output.
func (t Task) decides() string { return t.Identity + " " + t.Out }

// prepare begins the outputs, and leaves a task out whose output cannot be begun, or was
// completed meanwhile by a job of an earlier run. job is as recordJob takes it.
func (j *joint) prepare(ctx context.Context, job string) (*beam.Pipeline, error) {
	var tasks []Task
	for _, i := range j.at {
		whole, err := false, error(nil)
		if job != "" {
			whole, err = j.tasks[i].whole(ctx)
		}
		if err == nil && !whole {
			err = j.prepareOne(ctx, i, job)
		}
		if j.errs[i] = err; err == nil && !whole {
			tasks = append(tasks, j.tasks[i])
		}
	}
	if len(tasks) == 0 {
		return nil, j.errs[j.at[0]]
	}
	return Pipeline(j.env, tasks...)
}

func (j *joint) prepareOne(ctx context.Context, i int, job string) error {
	t := j.tasks[i]
	spec, _ := j.env.Lookup(t.Stage) // Identify made it
	if _, err := dataset.ResumeWriter(ctx, t.Out, spec.Out.Kind, t.Parts, t.Identity); err != nil {
		return err
	}
	j.begun[i] = true
	return t.recordJob(ctx, job)
}

// earlier names the jobs that earlier runs began for the outputs.
func (j *joint) earlier(ctx context.Context) (names []string, err error) {
	for _, i := range j.at {
		name, err := j.tasks[i].recordedJob(ctx)
		if err != nil {
			return nil, err
		}
		if j.begun[i] = name != ""; j.begun[i] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// revoke revokes the tasks that are begun and not done.
func (j *joint) revoke(ctx context.Context) (err error) {
	for _, i := range j.at {
		if !j.begun[i] {
			continue // what lies in its folder is not ours
		}
		t := j.tasks[i]
		whole, looked := t.whole(ctx)
		if err = errors.Join(err, looked); !whole {
			err = errors.Join(err, t.revoke(ctx))
		}
	}
	return err
}

// end sorts out by task how the job ended: one may be whole though another is not.
func (j *joint) end(ctx context.Context, failure error) {
	for n, i := range j.at {
		t := j.tasks[i]
		if j.errs[i] == nil {
			err := t.outcome(context.WithoutCancel(ctx), failure)
			if errors.Is(err, engine.ErrUnexplained) {
				err = t.explain(context.WithoutCancel(ctx), err)
			}
			j.errs[i] = t.running().letGo(err)
		}
		j.done[n]()
	}
}

// DryRun prints the Dataflow job that would run the tasks, and does not touch the store.
func DryRun(ctx context.Context, env *stages.Environment, t Task) error {
	t.carry(env)
	return engine.DryRun(ctx, engine.Job{
		Step: t.Step, Decides: t.decides(), Log: env.Log,
		Pipeline: func(string) (*beam.Pipeline, error) { return Pipeline(env, t) },
	})
}
