// Package pipelines says how a stage's work spreads over shards with Beam. It
// knows nothing of medicine: only part numbers, run names, counts and
// accumulators are Beam elements; rows stay inside one fused ParDo.
package pipelines

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/version"
	"github.com/clinflow/clinflow/stages"
)

// Task is one step's work as it crosses to a worker: what is needed to find the
// stage in the worker's own environment and its data in the store, never data.
type Task struct {
	Step    string              // the step's name in its DAG, for progress and the runner's own view
	Stage   string              // registered name
	Version int                 // must equal the worker's own
	Config  string              // resolved configuration, JSON
	In      map[string][]string // port → URIs of dataset folders
	Out     string              // URI of the output folder
	Parts   int                 // parts of the output
	Header  string              // the manifest's header, JSON

	// What Run sets: how a worker process, which was told nothing else, does the work.
	Workers  int    // goroutines that it works with; 0: as many as it has processors
	Memory   int64  // that data stages may take in it, in bytes
	LogLevel int8   // the least severe of our own messages, by zerolog's number
	Group    bool   // the folder's group reads the outputs
	Build    string // must be the worker's own

	// Run is set by Run: by it the task's environment is found, where the work is
	// done in the process that began it.
	Run string

	// Job is set by Run: tasks of one name are one job of Beam's, and share the memory of
	// a worker's process.
	Job string

	// Identity says all that decides the output's bytes; Run sets it. What an
	// earlier attempt of the same identity finished is not computed again.
	Identity string
}

// open builds the task's stage S and opens its inputs.
func open[S any](ctx context.Context, env *stages.Environment, t Task) (S, stages.Inputs, error) {
	var none S
	if own := version.Build(); t.Build != "" && t.Build != own {
		return none, nil, exit.Errorf(exit.Usage, "the worker is clinflow %s, the client %s; give both the same build", own, t.Build)
	}
	spec, ok := env.Lookup(t.Stage)
	if !ok {
		return none, nil, exit.Errorf(exit.Usage, "stage %s is not in this binary; build the worker from the same source as the client", t.Stage)
	}
	if spec.Version != t.Version {
		return none, nil, exit.Errorf(exit.Usage, "stage %s: the worker has version %d, the client %d; build both from the same source", t.Stage, spec.Version, t.Version)
	}
	built, err := spec.Build(env, []byte(t.Config))
	if err != nil {
		return none, nil, err
	}
	in, err := stages.OpenInputs(ctx, t.In)
	return built.(S), in, err
}

// writer attaches to the output folder, which the client has prepared.
func (t Task) writer(ctx context.Context) (*dataset.Writer, error) {
	spec, _ := t.env().Lookup(t.Stage)
	w, err := dataset.JoinWriter(ctx, t.Out, spec.Out.Kind, t.Parts)
	if err != nil {
		return nil, err
	}
	w.Remember(t.Identity)
	if t.running().home {
		w.Alone()
	}
	return w, w.SetTables(spec.Out.Tables...)
}

func (t Task) header() (dataset.Manifest, error) {
	var m dataset.Manifest
	if err := json.Unmarshal([]byte(t.Header), &m); err != nil {
		return m, fmt.Errorf("read the manifest header: %w", err)
	}
	return m, nil
}

func (t Task) place(format string, args ...any) string {
	return fmt.Sprintf("stage %s: %s", t.Stage, fmt.Sprintf(format, args...))
}
