package schedule

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
)

// Fault is what is wrong with a DAG file, or with a folder of them.
type Fault struct {
	File string `json:"file"`
	Text string `json:"fault"`
}

// covers says whether a file is the faulty one, or lies in the faulty folder.
func (f Fault) covers(file string) bool {
	return file == f.File || strings.HasPrefix(file, f.File+string(filepath.Separator))
}

// Reading is what DAG files tell: the schedules of the sound ones, and what is wrong with
// the others, each in the order of their names.
type Reading struct {
	Definitions []Definition
	Faults      []Fault
}

// Err is all faults as one of exit.Usage, or nil.
func (r Reading) Err() error {
	var faults []error
	for _, f := range r.Faults {
		faults = append(faults, errors.New(f.Text))
	}
	if len(faults) == 0 {
		return nil
	}
	return exit.With(exit.Usage, errors.Join(faults...))
}

func (r *Reading) fault(file, format string, args ...any) {
	r.Faults = append(r.Faults, Fault{file, fmt.Sprintf(format, args...)})
}

// Read reads the schedules of DAG files. A path is a file, the name of a shipped DAG, or a
// folder of files, as dags.FilesAt has them; those without a schedule are then left out.
// The error is ctx's alone.
func Read(ctx context.Context, env *stages.Environment, paths []string, set map[string]string) (Reading, error) {
	var r Reading
	called := map[string][]Definition{}
	seen := map[string]bool{}
	for _, path := range paths {
		found, folder, err := dags.FilesAt(path)
		if err != nil {
			r.fault(absolute(path), "%v", err)
		}
		for _, file := range found {
			if seen[file] {
				continue
			}
			seen[file] = true
			d, err := dags.Load(ctx, env, dags.Request{DAG: file, Set: set})
			switch {
			case ctx.Err() != nil:
				return Reading{}, ctx.Err()
			case err != nil:
				r.fault(absolute(file), "%v", err)
			case d.Schedule == nil && folder:
			case d.Schedule == nil || d.Schedule.Cron == "":
				r.fault(file, "%s: the DAG has no schedule; give it one, or name a folder to leave out those without", file)
			default:
				called[d.Name] = append(called[d.Name], Define(d, file))
			}
		}
	}
	r.keep(called)
	if len(r.Definitions)+len(r.Faults) == 0 {
		for _, path := range paths { // a disk that is not mounted looks like this
			r.fault(absolute(path), "no DAG in %s has a schedule; name DAG files, or a folder of them, with a key schedule", path)
		}
	}
	return r, nil
}

// keep takes the definitions whose names are theirs alone. Of several files of a name none
// is taken: which is meant is not known.
func (r *Reading) keep(called map[string][]Definition) {
	for _, name := range slices.Sorted(maps.Keys(called)) {
		if of := called[name]; len(of) == 1 {
			r.Definitions = append(r.Definitions, of[0])
		} else {
			for i, d := range of {
				r.fault(d.File, "%s and %s are both called %s; a scheduler tells DAGs apart by their names", d.File, of[(i+1)%len(of)].File, name)
			}
		}
	}
	slices.SortFunc(r.Faults, func(a, b Fault) int { return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Text, b.Text)) })
}

// absolute is a path as definitions have it.
func absolute(path string) string {
	if slices.Contains(dags.Shipped(), path) {
		return path
	}
	if whole, err := filepath.Abs(path); err == nil {
		return whole
	}
	return path
}
