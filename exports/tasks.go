// Package exports cuts a DAG into what other schedulers call tasks: data steps that are
// ready together as one job of Beam's, every other step by itself. What is below it
// writes them in a scheduler's own form.
package exports

import (
	"slices"
	"strconv"
	"strings"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/stages"
)

// Kind says where a task is done.
type Kind int

// The kinds of tasks.
const (
	Data Kind = iota // a job of Beam's
	Work             // one step, on one machine
	GPU              // one step whose model is computed on a device
)

// Task is one or more steps of a DAG that are run together.
type Task struct {
	Name  string   // that of its step; of several a name that no step can have
	Steps []string // in the DAG's order
	Kind  Kind
	After []string // tasks that must have succeeded, gates aside
	Gates []string // tasks that must have succeeded, each a gate
	Gate  bool     // other tasks are behind it
}

// Tasks cuts a DAG. Where together is false each step is a task, and else data steps are
// joined that wait for the same other tasks and not for each other.
func Tasks(env *stages.Environment, d *dags.DAG, together bool) ([]Task, error) {
	c := cutter{of: map[string]int{}, behind: map[string]string{}, depth: map[string]int{}, gates: gates(d)}
	groups := map[string]int{}
	for _, step := range d.Steps {
		kind, err := kindOf(env, step)
		if err != nil {
			return nil, err
		}
		joins := together && kind == Data && !c.gates[step.Name]
		group := c.place(step, joins)
		if at, begun := groups[group]; begun && joins {
			c.add(at, step)
			continue
		}
		if joins {
			groups[group] = len(c.tasks)
		}
		c.tasks = append(c.tasks, Task{Kind: kind, Gate: c.gates[step.Name]})
		c.add(len(c.tasks)-1, step)
	}
	return c.named(), nil
}

// gates are the steps that others are after: nothing of theirs is read.
func gates(d *dags.DAG) map[string]bool {
	found := map[string]bool{}
	for _, step := range d.Steps {
		for _, name := range step.After {
			found[name] = true
		}
	}
	return found
}

// kindOf builds the stage: whether its bytes depend on a device is for it to say.
func kindOf(env *stages.Environment, step *dags.Step) (Kind, error) {
	if step.Stage.Shape != stages.ShapeJob {
		return Data, nil
	}
	built, err := step.Stage.Build(env, step.Config)
	if err != nil {
		return 0, err
	}
	if _, ok := built.(stages.Identified); ok {
		return GPU, nil
	}
	return Work, nil
}

// cutter cuts steps that come in an order in which each follows its inputs.
type cutter struct {
	gates  map[string]bool
	tasks  []Task
	steps  [][]*dags.Step    // of the tasks
	of     map[string]int    // the task of a step
	behind map[string]string // by step: the tasks of one step that it waits for, in the end
	depth  map[string]int    // by step: how many data steps lie between it and those
}

// place says which steps a step may be joined with: those of the same text. A group waits
// for no training, and no other task of one step, that one of its steps does not wait for.
func (c *cutter) place(step *dags.Step, joins bool) string {
	var alone []string
	depth := 0
	for _, up := range step.Upstream() {
		alone = append(alone, strings.Fields(c.behind[up])...)
	}
	slices.Sort(alone)
	behind := strings.Join(slices.Compact(alone), " ")
	for _, up := range step.Upstream() {
		if c.behind[up] == behind {
			depth = max(depth, c.depth[up]+1)
		}
	}
	c.behind[step.Name], c.depth[step.Name] = behind, depth
	if !joins {
		with := append(strings.Fields(behind), step.Name)
		slices.Sort(with)
		c.behind[step.Name], c.depth[step.Name] = strings.Join(with, " "), -1
	}
	return strconv.Itoa(depth) + " " + behind
}

func (c *cutter) add(at int, step *dags.Step) {
	if at == len(c.steps) {
		c.steps = append(c.steps, nil)
	}
	c.steps[at] = append(c.steps[at], step)
	c.of[step.Name] = at
}

// named gives the tasks their names and what they are after.
func (c *cutter) named() []Task {
	groups := 0
	for i, steps := range c.steps {
		c.tasks[i].Name = steps[0].Name
		if len(steps) > 1 {
			groups++
			c.tasks[i].Name = "data." + strconv.Itoa(groups)
		}
	}
	for i, steps := range c.steps {
		t := &c.tasks[i]
		for _, step := range steps {
			t.Steps = append(t.Steps, step.Name)
			c.waits(t, step)
		}
		t.After = slices.DeleteFunc(t.After, func(name string) bool { return slices.Contains(t.Gates, name) })
	}
	return c.tasks
}

func (c *cutter) waits(t *Task, step *dags.Step) {
	for _, up := range step.Inputs() {
		t.After = appendNew(t.After, c.tasks[c.of[up]].Name)
	}
	for _, gate := range step.After {
		t.Gates = appendNew(t.Gates, gate)
	}
}

func appendNew(names []string, name string) []string {
	if slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}
