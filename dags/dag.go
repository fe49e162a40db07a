// Package dags reads, checks and plans DAG files: YAML that names stages, binds
// their ports and sets their configuration. What ships with clinflow lies
// beside it and is embedded.
package dags

import (
	"encoding/json"

	"github.com/clinflow/clinflow/stages"
)

// DAG is a checked DAG file: every name in it is known, every port is bound and
// every configuration is resolved.
type DAG struct {
	File     string // as errors name it
	Name     string
	Schedule *Schedule // nil: run by hand only
	Vars     map[string]string
	Steps    []*Step // in an order in which every step follows its inputs
	Publish  []Publish
}

// Step is one stage at work in a DAG.
type Step struct {
	Name  string
	Stage stages.Spec
	// In says by port where its datasets come from.
	In map[string][]Ref
	// Config is the resolved configuration, defaults filled in, as JSON in the
	// order of the stage's fields.
	Config json.RawMessage
	// Identity is Config without the fields that hold paths: what a path leads
	// to enters the fingerprint, not where it lies.
	Identity json.RawMessage
	// Paths are the values of the fields that hold paths.
	Paths []Path
	// Parts is how many parts the step works on: what a source cuts, else those of its
	// sharded inputs; 0 where it has none.
	Parts int
}

// Ref names a step's output or one table of it.
type Ref struct {
	Step  string
	Table string // "": the whole output
}

func (r Ref) String() string {
	if r.Table == "" {
		return r.Step
	}
	return r.Step + "." + r.Table
}

// Path is the value of a configuration field that holds a path.
type Path struct {
	Key   string // dotted, with [i] for a list's items
	Value string
	Reads []string // patterns of the files that the stage reads there; nil: all
}

// Publish copies a file of a step's output into the output folder.
type Publish struct {
	Name string // in the output folder
	Step string
	File string // in the step's output
}

// Upstream lists the steps that a step takes its inputs from, in port order and
// each once.
func (s *Step) Upstream() []string {
	var names []string
	seen := map[string]bool{}
	for _, port := range s.Stage.In {
		for _, ref := range s.In[port.Name] {
			if !seen[ref.Step] {
				seen[ref.Step] = true
				names = append(names, ref.Step)
			}
		}
	}
	return names
}
