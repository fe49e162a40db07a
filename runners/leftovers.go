package runners

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/store"
)

var removedOutput = regexp.MustCompile(`-[0-9a-f]{16}\` + movedAway + `$`)

// removeLeftovers removes what a killed run leaves and no later run takes up:
// files cut short in the writing, outputs that were being removed, and what
// belongs to the making of outputs that are complete: marks in them, training
// checkpoints beside them. What an unfinished step has made
// stays, for the step goes on from it. Only the holder of the lock may call it.
func removeLeftovers(ctx context.Context, out string, d *dags.DAG) error {
	steps := filepath.Join(out, stepsFolder)
	faults := []error{
		removeIn(filepath.Join(out, cacheFolder), store.IsTemporary),
		removeIn(steps, removedOutput.MatchString),
	}
	for _, p := range d.Publish {
		file := filepath.Join(out, p.Name)
		faults = append(faults, removeIn(filepath.Dir(file), func(name string) bool {
			return strings.HasPrefix(name, filepath.Base(file)+".") && store.IsTemporary(name)
		}))
	}
	entries, err := os.ReadDir(steps)
	for _, entry := range entries {
		if entry.IsDir() {
			faults = append(faults, removeInOutput(ctx, filepath.Join(steps, entry.Name())))
		}
	}
	return errors.Join(append(faults, err)...)
}

// removeInOutput clears the folder of an output, or of training checkpoints.
func removeInOutput(ctx context.Context, folder string) error {
	err := errors.Join(removeIn(folder, store.IsTemporary), dataset.Tidy(ctx, folder))
	if _, missing := os.Stat(filepath.Join(folder, dataset.ManifestName)); missing == nil {
		err = errors.Join(err, removeBeside(folder))
	}
	return err
}

// removeIn removes the entries of a folder that are leftovers by their names.
func removeIn(folder string, leftover func(name string) bool) error {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, entry := range entries {
		if leftover(entry.Name()) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(folder, entry.Name())))
		}
	}
	return err
}

// ownTemporaries gives the process a folder for temporary files inside the output
// folder until the run ends: Beam's prism and its loopback leave theirs behind,
// and what a runner writes belongs where outputs may lie. A killed run's folder
// has a name by which the next run removes it.
func ownTemporaries(out string) (remove func(), err error) {
	folder, err := os.MkdirTemp(filepath.Join(out, cacheFolder), "temporary"+store.TemporaryMark+"*")
	if err != nil {
		return nil, store.DiskError("make a folder for temporary files in", filepath.Join(out, cacheFolder), err)
	}
	const variable = "TMPDIR" // os.TempDir reads it at each call
	before, given := os.LookupEnv(variable)
	if err := os.Setenv(variable, folder); err != nil {
		return nil, err
	}
	return func() {
		_ = os.Unsetenv(variable)
		if given {
			_ = os.Setenv(variable, before)
		}
		_ = os.RemoveAll(folder)
	}, nil
}
