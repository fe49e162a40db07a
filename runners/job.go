// Package runners says where a DAG runs: it executes plans, keeps the journal
// of runs, and hands single stages to Beam's runners.
package runners

import (
	"context"
	"encoding/json"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
)

// Job is one step ready to run.
type Job struct {
	Step   string
	Stage  stages.Spec
	Config json.RawMessage     // resolved, for Stage.Build
	Inputs map[string][]string // URIs of the datasets by port
	Out    string              // URI of the dataset to write
	// Header is what the output's manifest has to say of its making: stage,
	// version, configuration without paths, input digests, kernel, revision.
	Header dataset.Manifest
}

// StepRunner runs one step to its committed output, or leaves none. Several
// steps run at once.
type StepRunner interface {
	Run(ctx context.Context, job Job) error
}

// Options say how a DAG is run.
type Options struct {
	Out      string      // output folder
	Workers  int         // steps that may run side by side, at least 1
	Force    bool        // run every step though its output is there
	Runner   string      // name of the runner, for the journal
	Revision string      // of the code, for manifests and the journal
	Again    string      // the command to type to go on after a failure
	Notify   func(Event) // told every event as it is written to the journal; may be nil
	Refused  error       // why no step may run: what was found of the inputs; nil: nothing was

	ShowSmallCells bool // the journal tells counts that smallcell hides
}
