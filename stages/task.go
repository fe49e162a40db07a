package stages

import "github.com/clinflow/clinflow/task"

// Labelling is implemented by a stage that says before it runs what its output is
// labelled for. in are the steps whose outputs it takes. The labels are nil where only
// the run will tell them, and the task is zero where no step says it.
type Labelling interface {
	Task(in Givers) task.Task
}

// Task is what a step's output is labelled for, zero where nothing says it.
func (g *Giver) Task() task.Task {
	if l, ok := g.Built.(Labelling); ok {
		return l.Task(g.In)
	}
	return task.Task{}
}

// Task is what the dataset of a port is labelled for.
func (in Givers) Task(port string) task.Task {
	if from := in.One(port); from != nil {
		return from.Task()
	}
	return task.Task{}
}
