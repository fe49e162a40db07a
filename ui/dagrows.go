package ui

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/runners"
	"github.com/clinflow/clinflow/schedule"
)

func dagPath(f *folder, name string) string {
	if f == nil {
		return ""
	}
	return fmt.Sprintf("/dags/%d/%s", f.Number, url.PathEscape(name))
}

// unread is a folder of which something cannot be read, and why.
type unread struct {
	folder *folder
	why    string
}

// rows are the DAGs that have runs, that a scheduler knows, or whose files were named, by
// their names, in folders that are looked into. faults are the files that cannot be read;
// dark are the folders whose schedules cannot be, which hides no row.
func (s *Server) rows(ctx context.Context, folders []*folder, all []told) (rows []dagRow, faults []string, dark []unread) {
	for _, t := range all {
		row := rowOf(&rows, t.DAG, t.Folder)
		if row.Last == nil {
			row.File, row.Last = t.File, &t
		}
		if row.Runs++; t.State == runners.OutcomeDone && row.Good == nil {
			row.Good = &t
		}
	}
	for _, f := range folders {
		overview, err := schedule.Look(ctx, f.Dir(), time.Now())
		if err != nil {
			dark = append(dark, unread{f, fmt.Sprintf("the schedules of %s cannot be read: %s", f.Name(), err)})
			continue
		}
		for _, status := range overview.DAGs {
			rowOf(&rows, status.DAG, f).follow(status, overview.Scheduler.Process != 0)
		}
	}
	files, faults := s.dagFiles(ctx)
	for _, d := range files {
		i := slices.IndexFunc(rows, func(row dagRow) bool { return row.Name == d.Name })
		if i < 0 {
			rowOf(&rows, d.Name, nil).plan(d)
			continue
		}
		for ; i < len(rows); i++ {
			if rows[i].Name == d.Name && !rows[i].Scheduled {
				rows[i].plan(d)
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b dagRow) int { return cmp.Compare(a.Name, b.Name) })
	return rows, faults, dark
}

// rowOf is the row of a DAG in a folder, a new one where there is none.
func rowOf(rows *[]dagRow, name string, f *folder) *dagRow {
	i := slices.IndexFunc(*rows, func(d dagRow) bool { return d.Name == name && d.Folder == f })
	if i < 0 {
		i = len(*rows)
		*rows = append(*rows, dagRow{Name: name, Folder: f})
	}
	return &(*rows)[i]
}

// follow adds what a scheduler knows of a DAG.
func (d *dagRow) follow(s schedule.Status, atWork bool) {
	d.Scheduled, d.Schedule, d.Next, d.Faults = true, s.Cron+" "+s.Timezone, s.Next, s.Faults
	if zone, err := time.LoadLocation(s.Timezone); err == nil && !s.Next.IsZero() {
		d.Next = s.Next.In(zone)
	}
	d.File = cmp.Or(d.File, s.File)
	switch {
	case s.Paused:
		d.Note = "paused"
	case !atWork:
		d.Note = "no scheduler is at work"
	}
	if open := s.Open(); len(open) > 0 {
		d.Note = strings.TrimPrefix(fmt.Sprintf("%s, %d %s", d.Note, len(open), open[0].State), ", ")
	}
}

// plan adds when a DAG is due by its file.
func (d *dagRow) plan(of *dags.DAG) {
	if d.File = of.File; of.Schedule == nil {
		return
	}
	definition := schedule.Define(of, of.File)
	d.Schedule, d.Note = definition.Cron+" "+definition.Timezone, "no scheduler of these folders knows it"
	if times, err := definition.Times(); err == nil {
		d.Next, _ = times.Next(time.Now()) // a file whose schedule never comes is refused
	}
}

// dagFiles reads the DAG files that were named.
func (s *Server) dagFiles(ctx context.Context) (found []*dags.DAG, faults []string) {
	for _, name := range s.o.DAGs {
		names, _, err := dags.FilesAt(name)
		if err != nil {
			faults = append(faults, name)
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
