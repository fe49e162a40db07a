package runners

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/clinflow/clinflow/internal/store"
)

// temporaries begins the names of folders for temporary files.
const temporaries = "temporary" + store.TemporaryMark

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
	killed, err := filepath.Glob(filepath.Join(within, temporaries+"*"))
	for _, folder := range killed {
		err = errors.Join(err, os.RemoveAll(folder))
	}
	if err != nil {
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
