package ui

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/runners"
)

func dagPath(f *folder, name string) string {
	if f == nil {
		return ""
	}
	return fmt.Sprintf("/dags/%d/%s", f.Number, url.PathEscape(name))
}

// rows are the DAGs that have runs, the latest first as the runs are, then those of files
// alone. faults names files that cannot be read.
func (s *Server) rows(ctx context.Context, all []told) (rows []dagRow, faults []string) {
	for _, t := range all {
		i := slices.IndexFunc(rows, func(d dagRow) bool { return d.Name == t.DAG && d.Folder == t.Folder })
		if i < 0 {
			i = len(rows)
			rows = append(rows, dagRow{Name: t.DAG, File: t.File, Folder: t.Folder, Last: &t})
		}
		if rows[i].Runs++; t.State == runners.OutcomeDone && rows[i].Good == nil {
			rows[i].Good = &t
		}
	}
	files, faults := s.dagFiles(ctx)
	for _, d := range files {
		found := false
		for i := range rows {
			if rows[i].Name == d.Name {
				rows[i].plan(d)
				found = true
			}
		}
		if !found {
			row := dagRow{Name: d.Name, File: d.File}
			row.plan(d)
			rows = append(rows, row)
		}
	}
	slices.SortStableFunc(rows, func(a, b dagRow) int { return cmp.Compare(a.Name, b.Name) })
	return rows, faults
}

// plan adds when a DAG runs by itself.
func (d *dagRow) plan(of *dags.DAG) {
	if s := of.Schedule; s != nil {
		d.Schedule = s.Cron + " " + s.Location.String()
	}
}

// dagFiles reads the DAG files that were named.
func (s *Server) dagFiles(ctx context.Context) (found []*dags.DAG, faults []string) {
	for _, name := range s.o.DAGs {
		names := []string{name}
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			names, _ = filepath.Glob(filepath.Join(name, "*.yaml"))
		}
		for _, name := range names {
			d, err := dags.Load(ctx, s.o.Env, dags.Request{DAG: name})
			if err != nil {
				faults = append(faults, name)
				continue
			}
			found = append(found, d)
		}
	}
	return found, faults
}
