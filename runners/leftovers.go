package runners

import (
	"context"
	"errors"
	"strings"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/pipelines"
)

// removeLeftovers removes what a killed run leaves and no later run takes up:
// files cut short in the writing, how far it was, and what belongs to the making of outputs that are
// complete: marks in them, training checkpoints beside them. What an unfinished step
// has made stays, for the step goes on from it, and so does all that an engine's job may
// be writing to, which a run that is gone began. Only the holder of the lock may call it.
func removeLeftovers(ctx context.Context, out store.Dir, d *dags.DAG) error {
	faults := []error{removeNamed(ctx, out, cacheFolder+"/", store.IsTemporary), removeNamed(ctx, out, dags.MarksFolder+"/", store.IsTemporary)}
	faults = append(faults, removeNamed(ctx, out, howFarName, func(string) bool { return true }))
	for _, p := range d.Publish {
		faults = append(faults, removeNamed(ctx, out, p.Name+".", func(name string) bool {
			return !strings.Contains(strings.TrimPrefix(name, p.Name), "/") && store.IsTemporary(name)
		}))
	}
	infos, err := out.List(ctx, stepsFolder+"/")
	faults = append(faults, err)
	names, err := store.Entries(ctx, out, stepsFolder)
	faults = append(faults, err)
	outputs := outputsIn(infos, names)
	faults = append(faults, removeStandIns(ctx, out, outputs))
	for output, of := range outputs {
		for _, name := range of.temporary {
			if of.remote && !of.complete {
				break
			}
			faults = append(faults, out.RemoveAll(ctx, name))
		}
		if of.complete && of.unfinished {
			faults = append(faults, dataset.Tidy(ctx, out.Sub(output)))
		}
		if of.complete && of.beside {
			faults = append(faults, removeBeside(ctx, out, output))
		}
	}
	return errors.Join(faults...)
}

// lying is what lies in the folder of an output, or of training checkpoints.
type lying struct {
	complete   bool     // its manifest
	unfinished bool     // what belongs to its making
	remote     bool     // the name of an engine's job
	beside     bool     // something beside it, under its name
	temporary  []string // files cut short
}

// outputsIn sorts the files of the folder of outputs by output; names are the entries of
// that folder.
func outputsIn(infos []store.Info, names []string) map[string]*lying {
	found := map[string]*lying{}
	for _, info := range infos {
		name, file, _ := strings.Cut(strings.TrimPrefix(info.Name, stepsFolder+"/"), "/")
		output := stepsFolder + "/" + name
		of := found[output]
		if of == nil {
			of = &lying{}
			found[output] = of
		}
		of.complete = of.complete || file == dataset.ManifestName
		of.unfinished = of.unfinished || dataset.IsOfMaking(file)
		of.remote = of.remote || pipelines.IsJobRecord(file)
		if store.IsTemporary(file) && !strings.Contains(file, "/") {
			of.temporary = append(of.temporary, info.Name)
		}
	}
	for _, name := range names {
		owner, _, dotted := strings.Cut(stepsFolder+"/"+name, ".")
		if of := found[owner]; dotted && of != nil {
			of.beside = true
		}
	}
	return found
}

// removeStandIns removes what stands on this machine for folders of a bucket, but for
// the training checkpoints of outputs that are not complete.
func removeStandIns(ctx context.Context, out store.Dir, outputs map[string]*lying) error {
	here, err := store.OnThisMachine(out)
	if err != nil || here.URI() == out.URI() {
		return err
	}
	names, err := store.Entries(ctx, here, stepsFolder)
	for _, name := range names {
		output, _, beside := strings.Cut(stepsFolder+"/"+name, ".")
		if of := outputs[output]; !beside || of != nil && of.complete {
			err = errors.Join(err, here.RemoveAll(ctx, stepsFolder+"/"+name))
		}
	}
	return err
}

// removeNamed removes the files whose names begin with prefix and are leftovers.
func removeNamed(ctx context.Context, dir store.Dir, prefix string, leftover func(name string) bool) error {
	infos, err := dir.List(ctx, prefix)
	for _, info := range infos {
		if leftover(info.Name) {
			err = errors.Join(err, dir.RemoveAll(ctx, info.Name))
		}
	}
	return err
}
