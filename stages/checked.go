package stages

import (
	"context"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/task"
)

// Checked is implemented by a stage that can tell, before any step runs, what it
// will not be able to work with: it looks at the files that its paths lead to, at
// their headers and not at their data, and at the steps whose outputs it takes. A
// key whose value has a fault of its own has its zero value.
type Checked interface {
	Check(ctx context.Context, in Givers) []Fault
}

// Fault is one thing that a step cannot work with.
type Fault struct {
	// Key is the configuration's, dotted, "in." and a port's name, or a flag of the
	// command line such as --device. "" is the step as a whole.
	Key string
	Err error // its code is told too: Usage where it has none
	// Line and Col are the place within the key's text, from 1; 0: it is the text as a whole.
	Line, Col int
}

// Faultf is the one fault of a key, of Usage.
func Faultf(key, format string, args ...any) []Fault {
	return []Fault{{Key: key, Err: exit.Errorf(exit.Usage, format, args...)}}
}

// FaultOf is the fault of a key that an error tells, none where there is none.
func FaultOf(key string, err error) []Fault {
	if err == nil {
		return nil
	}
	return []Fault{{Key: key, Err: exit.With(exit.Usage, err)}}
}

// What are the words of a fault, without the key where they begin with it.
func (f Fault) What() string {
	text := f.Err.Error()
	if rest, ok := strings.CutPrefix(text, f.Key); ok && f.Key != "" {
		return strings.TrimPrefix(strings.TrimPrefix(rest, ":"), " ")
	}
	return text
}

// Giver is a step whose output another step takes. It need not have run.
type Giver struct {
	Step  string
	Stage Spec
	Built any // the stage; nil where it could not be made from its configuration
	In    Givers
}

// Givers are the steps bound to a stage's ports, by port.
type Givers map[string][]*Giver

// One returns the step of a port that takes one, nil where none is bound.
func (in Givers) One(port string) *Giver {
	if len(in[port]) == 0 {
		return nil
	}
	return in[port][0]
}

// Labelling is implemented by a stage that says before it runs what its output is
// labelled for. in are the steps whose outputs it takes. The labels are nil where only
// the run will tell them, and the task is zero where no step says it.
type Labelling interface {
	Task(in Givers) task.Task
}

// Textual is implemented by a stage that says before it runs what texts its output
// holds. in are the steps whose outputs it takes.
type Textual interface {
	Texts(in Givers) task.Texts
}

// Texts are what a step's output holds, zero where nothing says it.
func (g *Giver) Texts() task.Texts {
	if t, ok := g.Built.(Textual); ok {
		return t.Texts(g.In)
	}
	return task.Texts{}
}

// Task is what a step's output is labelled for, zero where nothing says it.
func (g *Giver) Task() task.Task {
	if l, ok := g.Built.(Labelling); ok {
		return l.Task(g.In)
	}
	return task.Task{}
}

// Texts are what the dataset of a port holds.
func (in Givers) Texts(port string) task.Texts {
	if from := in.One(port); from != nil {
		return from.Texts()
	}
	return task.Texts{}
}

// Task is what the dataset of a port is labelled for.
func (in Givers) Task(port string) task.Task {
	if from := in.One(port); from != nil {
		return from.Task()
	}
	return task.Task{}
}
