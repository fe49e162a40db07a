package schedule

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
)

// Read reads the schedules of DAG files. A path is a file, the name of a shipped DAG, or a
// folder, whose files .yaml and .yml are read; those without a schedule are then left out.
// All faults are reported at once.
func Read(ctx context.Context, env *stages.Environment, paths []string, set map[string]string) ([]Definition, error) {
	var definitions []Definition
	var faults []error
	files := map[string]string{}
	for _, path := range paths {
		found, folder, err := filesAt(path)
		faults = append(faults, err)
		for _, file := range found {
			d, err := dags.Load(ctx, env, dags.Request{DAG: file, Set: set})
			switch {
			case err != nil:
				faults = append(faults, err)
			case d.Schedule == nil && folder:
			case d.Schedule == nil || d.Schedule.Cron == "":
				faults = append(faults, exit.Errorf(exit.Usage, "%s: the DAG has no schedule; give it one, or name a folder to leave out those without", file))
			case files[d.Name] == file:
			case files[d.Name] != "":
				faults = append(faults, exit.Errorf(exit.Usage, "%s and %s are both called %s; a scheduler tells DAGs apart by their names", files[d.Name], file, d.Name))
			default:
				files[d.Name] = file
				definitions = append(definitions, Define(d, file))
			}
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	if len(definitions) == 0 {
		return nil, exit.Errorf(exit.Usage, "no DAG here has a schedule; name DAG files, or a folder of them, with a key schedule")
	}
	return definitions, nil
}

// filesAt are the DAG files at a path, which may be a folder's.
func filesAt(path string) (files []string, folder bool, err error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		if err == nil {
			path, err = filepath.Abs(path)
			return []string{path}, false, err
		}
		return []string{path}, false, nil // a shipped DAG, or for dags.Load to complain of
	}
	entries, err := os.ReadDir(path)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	for _, entry := range entries {
		if end := filepath.Ext(entry.Name()); slices.Contains([]string{".yaml", ".yml"}, end) && entry.Type().IsRegular() {
			files = append(files, filepath.Join(path, entry.Name()))
		}
	}
	return files, true, err
}
