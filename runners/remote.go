package runners

import (
	"fmt"
	"strings"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/pipelines/engine"
	"github.com/clinflow/clinflow/stages"
)

// CheckRunner refuses, before anything is read or submitted, what a runner cannot do:
// options that are missing or wrong, paths that its workers would not find. All faults
// are told at once.
func CheckRunner(d *dags.DAG, runner, out string) error {
	faults := engine.Faults(runner)
	folder, err := store.Open(out)
	if err == nil {
		out = folder.URI() // the whole path
	}
	lost := func(what, path string) {
		if why := engine.Lost(runner, path); why != "" {
			faults = append(faults, what+" "+path+": "+why)
		}
	}
	lost("--out", out)
	for _, step := range d.Steps {
		if step.Stage.Shape == stages.ShapeJob || step.Given {
			continue // is no work of the workers
		}
		for _, path := range step.Paths {
			lost(fmt.Sprintf("steps.%s.with.%s:", step.Name, path.Key), path.Value)
		}
	}
	if len(faults) > 0 {
		return exit.Errorf(exit.Usage, "the runner %s cannot run this:\n  %s", runner, strings.Join(faults, "\n  "))
	}
	return nil
}
