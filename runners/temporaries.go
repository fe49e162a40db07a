package runners

import (
	"os"
	"path/filepath"

	"github.com/clinflow/clinflow/internal/store"
)

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
