package runners

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/clinflow/clinflow/internal/store"
)

// temporaries begins the names of folders for temporary files.
const temporaries = "temporary" + store.TemporaryMark

// removeTemporaries removes what killed runs left in a folder.
func removeTemporaries(within string) error {
	entries, err := os.ReadDir(within)
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), temporaries) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(within, entry.Name())))
		}
	}
	return store.DiskError("clear temporary files in", within, err)
}

// ownTemporaries gives the process a folder for temporary files inside the output
// folder, or in what stands for it on this machine, until the run ends: Beam's prism
// and its loopback leave theirs behind, and what a runner writes belongs where outputs
// may lie. A killed run's is removed.
func ownTemporaries(out store.Dir) (remove func(), err error) {
	cache, err := store.OnThisMachine(out.Sub(cacheFolder))
	if err != nil {
		return nil, err
	}
	within, _ := cache.LocalPath("")
	if err := removeTemporaries(within); err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(within, temporaries+"*")
	if err != nil {
		return nil, store.DiskError("make a folder for temporary files in", within, err)
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
