package stages

import "slices"

// Task is what examples, and tokens and predictions made of them, are labelled for.
type Task struct {
	Name       string
	Classes    int // 0: as many as the vocabulary lists, or not known
	MultiLabel bool
}

// Labelling is implemented by a stage that says what its output is labelled for.
// of is what its sharded input is labelled for, zero where that is not known.
type Labelling interface {
	Task(of Task) Task
}

// tasks are the names of the tasks that examples are made for. A name beside them
// is free: whoever has a task of his own names it as he likes.
var tasks = []string{"pmv", "mor", "los", "diag", "proc"}

// Task is what a step's output is labelled for, zero where no step before it says.
func (g *Giver) Task() Task {
	var of Task
	for _, port := range g.Stage.In {
		if from := g.In.One(port.Name); port.Sharded && from != nil {
			of = from.Task()
			break
		}
	}
	if l, ok := g.Built.(Labelling); ok {
		return l.Task(of)
	}
	return of
}

// Task is what the dataset of a port is labelled for.
func (in Givers) Task(port string) Task {
	if from := in.One(port); from != nil {
		return from.Task()
	}
	return Task{}
}

// CheckName refuses to give a task the name of another: its examples would be
// measured as what they are not.
func (t Task) CheckName(key, name string) []Fault {
	if t.Name == "" || t.Name == name || !slices.Contains(tasks, name) || !slices.Contains(tasks, t.Name) {
		return nil
	}
	return Faultf(key, "the examples are of the task %s, not %s; name that, or a name of your own", t.Name, name)
}
