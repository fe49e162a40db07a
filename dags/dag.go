// Package dags reads, checks and plans DAG files: YAML that names stages, binds
// their ports and sets their configuration. What ships with clinflow lies
// beside it and is embedded.
package dags

import (
	"encoding/json"
	"slices"

	"github.com/clinflow/clinflow/stages"
)

// DAG is a checked DAG file: every name in it is known, every port is bound and
// every configuration is resolved.
type DAG struct {
	File     string // as errors name it
	Name     string
	Schedule *Schedule // nil: run by hand only
	Vars     map[string]string
	Steps    []*Step // those chosen with what they need, in an order in which every step follows its inputs
	Whole    []*Step // all that the file has, in that order
	Publish  []Publish
}

// Step is one stage at work in a DAG.
type Step struct {
	Name    string
	Written string // the name as the file has it: ${task} in it where it stands for a group's steps
	Stage   stages.Spec
	// In says by port where its datasets come from.
	In map[string][]Ref
	// After are steps that must be done first though nothing of their outputs is read, such
	// as a gate: they are no part of what the output is.
	After []string
	// Config is the resolved configuration, defaults filled in, as JSON in the
	// order of the stage's fields.
	Config json.RawMessage
	// Identity is Config without the fields that hold paths: what a path leads
	// to enters the fingerprint, not where it lies.
	Identity json.RawMessage
	// Paths are the values of the fields that hold paths.
	Paths []Path
	// Given is of a step that is not chosen though a chosen one needs it: its output must be
	// there already.
	Given bool
	// Forced is of a step that runs again though its output is there.
	Forced bool
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
	// Absent says that it may lead nowhere yet.
	Absent bool
	// Prefix is what stands before the path in Value, "" for nothing: see stages.Field.
	Prefix string
}

// place is the path alone.
func (p Path) place() string { return p.Value[len(p.Prefix):] }

// Publish copies a file of a step's output into the output folder.
type Publish struct {
	Name string // in the output folder
	Step string
	File string // in the step's output
}

// Inputs lists the steps that a step takes its inputs from, in port order and each
// once.
func (s *Step) Inputs() []string {
	var names []string
	for _, port := range s.Stage.In {
		for _, ref := range s.In[port.Name] {
			names = appendNew(names, ref.Step)
		}
	}
	return names
}

// Upstream lists the steps that must be done before a step: its inputs, then those
// that it is after.
func (s *Step) Upstream() []string {
	names := s.Inputs()
	for _, name := range s.After {
		names = appendNew(names, name)
	}
	return names
}

func appendNew(names []string, name string) []string {
	if slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}
