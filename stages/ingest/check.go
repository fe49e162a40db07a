package ingest

import (
	"context"
	"path"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/rawcsv"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
)

// Check looks for every raw file and at its header.
func (s *source) Check(ctx context.Context, in stages.Givers) []stages.Fault {
	made := in.One("mimic")
	switch {
	case made != nil && (s.root != "" || s.noteRoot != ""):
		return stages.FaultOf("in.mimic", s.errTwoTrees())
	case made != nil:
		return s.checkMade(made)
	case s.root == "":
		return stages.FaultOf("root", s.errNoTree())
	}
	root, notes, err := s.roots(nil)
	if err != nil {
		return stages.FaultOf("root", err)
	}
	s.tellOtherNotes(ctx, root, notes)
	var faults []stages.Fault
	for key, tables := range s.byKey() {
		search := finder{ctx: ctx}
		for _, t := range tables {
			search.add(root, notes, t.place())
		}
		faults = append(faults, stages.FaultOf(key, search.err(s.database.give))...)
		for _, file := range search.files {
			faults = append(faults, stages.FaultOf(key, s.check(ctx, file))...)
		}
	}
	return faults
}

// checkMade asks the step that makes the files what they are.
func (s *source) checkMade(by *stages.Giver) []stages.Fault {
	f, says := by.Built.(mimic.Filing)
	switch {
	case !says:
		return nil
	case f.Files().Database != s.database.name:
		return stages.Faultf("in.mimic", "step %s makes files of %s; read them with ingest.%[2]s", by.Step, f.Files().Database)
	case s.config.ChartEvents && !f.Files().ChartEvents:
		return stages.Faultf("chartevents", "step %s makes no chartevents; leave it out", by.Step)
	}
	return nil
}

// tellOtherNotes tells of notes under root that are not read, since note_root is given.
func (s *source) tellOtherNotes(ctx context.Context, root, notes store.Dir) {
	for _, t := range s.tables {
		if s.noteRoot == "" || root.URI() == notes.URI() || !t.place().isNote() {
			continue
		}
		for _, file := range rawcsv.Names(t.place().files[0]) {
			if _, err := root.Stat(ctx, file); err == nil {
				s.env.Log.Warn().Msgf("root has %s too: it is not read, as note_root is given", file)
			}
		}
	}
}

// byKey are the tables by the key of the folder that they lie in.
func (s *source) byKey() map[string][]rawTable {
	tables := map[string][]rawTable{}
	for _, t := range s.tables {
		key := "root"
		if s.noteRoot != "" && t.place().isNote() {
			key = "note_root"
		}
		tables[key] = append(tables[key], t)
	}
	return tables
}

// check reads a file's first row, and tells of columns that the table can do without
// and that are not there.
func (s *source) check(ctx context.Context, file stages.RawFile) error {
	t, err := s.tableOf(file)
	if err != nil {
		return err
	}
	return withHeader(ctx, file, func(records *rawcsv.Reader) error {
		absent, err := t.absent(records)
		if err == nil && len(absent) > 0 {
			s.env.Log.Warn().Msgf("%s has no column %s: what it would hold stays empty", file.Name, strings.Join(absent, ", "))
		}
		return err
	})
}

// withHeader looks at a file whose first row was read.
func withHeader(ctx context.Context, file stages.RawFile, look func(*rawcsv.Reader) error) error {
	r, err := open(ctx, file)
	if err != nil {
		return err
	}
	defer r.Close()
	records, err := rawcsv.NewReader(r, file.Name, 1)
	if err != nil {
		return err
	}
	defer records.Close()
	return look(records)
}

func open(ctx context.Context, file stages.RawFile) (store.ReaderAt, error) {
	folder, name := path.Split(file.URI)
	dir, err := store.Open(folder)
	if err != nil {
		return nil, err
	}
	r, err := dir.OpenAt(ctx, name)
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "%s: %w", file.Name, err)
	}
	return r, nil
}
